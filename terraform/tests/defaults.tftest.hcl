# Plans that reach no controller: the provider is a mock.

mock_provider "juju" {}

variables {
  channel    = "latest/edge"
  model_uuid = "b8c6a4a2-0d6b-4f0f-8f0e-0f4f6f1f2a3b"
  resources  = { discourse-image = "registry.example.com/discourse:2026.1.7" }
}

run "what_is_not_named_has_its_default" {
  command = plan

  assert {
    condition     = juju_application.discourse.name == "discourse-k8s" && output.app_name == "discourse-k8s"
    error_message = "The application is named after the charm."
  }

  assert {
    condition     = juju_application.discourse.model_uuid == var.model_uuid && juju_application.discourse.charm[0].name == "discourse-k8s"
    error_message = "The charm is deployed to the model."
  }

  assert {
    condition     = juju_application.discourse.units == 1 && juju_application.discourse.constraints == "arch=amd64"
    error_message = "There is one unit, on amd64."
  }

  assert {
    condition     = juju_application.discourse.charm[0].base == "ubuntu@22.04" && juju_application.discourse.charm[0].channel == "latest/edge"
    error_message = "The charm has its only base, and comes from the channel."
  }
}

run "what_is_named_reaches_the_application" {
  command = plan

  variables {
    app_name    = "forum"
    config      = { external_hostname = "forum.example.com", web_workers = "4" }
    constraints = "arch=arm64 mem=4G"
    revision    = 7
    units       = 3
  }

  assert {
    condition     = output.app_name == "forum" && juju_application.discourse.units == 3 && juju_application.discourse.charm[0].revision == 7
    error_message = "Name, number of units and revision are those of the plan."
  }

  assert {
    condition     = juju_application.discourse.config["web_workers"] == "4" && juju_application.discourse.constraints == "arch=arm64 mem=4G"
    error_message = "Options and constraints are those of the plan."
  }

  assert {
    condition     = juju_application.discourse.resources["discourse-image"] == "registry.example.com/discourse:2026.1.7"
    error_message = "The image is that of the plan."
  }
}

run "endpoints_are_named_by_the_outputs" {
  command = plan

  assert {
    condition     = output.requires.nginx_route == "nginx-route" && output.provides.metrics_endpoint == "metrics-endpoint"
    error_message = "Underscores stand for hyphens."
  }
}

run "an_image_is_required" {
  command = plan

  variables {
    resources = {}
  }

  expect_failures = [var.resources]
}

run "an_unknown_resource_is_refused" {
  command = plan

  variables {
    resources = { discourse-image = "discourse:1", other = "1" }
  }

  expect_failures = [var.resources]
}

run "a_blank_image_is_refused" {
  command = plan

  variables {
    resources = { discourse-image = " " }
  }

  expect_failures = [var.resources]
}

run "a_name_that_juju_does_not_take_is_refused" {
  command = plan

  variables {
    app_name = "forum-1"
  }

  expect_failures = [var.app_name]
}

run "no_units_are_refused" {
  command = plan

  variables {
    units = 0
  }

  expect_failures = [var.units]
}

run "empty_constraints_are_refused" {
  command = plan

  variables {
    constraints = " "
  }

  expect_failures = [var.constraints]
}

run "an_image_without_its_registry_is_refused" {
  command = plan

  variables {
    resources = { discourse-image = "discourse:1" }
  }

  expect_failures = [var.resources]
}

run "part_of_a_revision_is_refused" {
  command = plan

  variables {
    revision = 1.5
  }

  expect_failures = [var.revision]
}
