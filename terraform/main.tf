resource "juju_application" "discourse" {
  name       = var.app_name
  model_uuid = var.model_uuid

  charm {
    name     = "discourse-k8s"
    base     = var.base
    channel  = var.channel
    revision = var.revision
  }

  config      = var.config
  constraints = var.constraints
  resources   = var.resources
  units       = var.units
}
