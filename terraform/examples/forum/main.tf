# A forum with PostgreSQL, Redis, an ingress with TLS, uploads in an object storage, and mail. The credentials reach Juju as secrets
# and are kept in no state: value_wo_version counts how often they were replaced.

terraform {
  required_version = ">= 1.11"

  required_providers {
    juju = {
      source  = "juju/juju"
      version = ">= 2.2, < 3.0"
    }
  }
}

variable "channel" {
  description = "Channel of the charm on Charmhub."
  type        = string
}

variable "hostname" {
  description = "Host name of the forum."
  type        = string
}

variable "image" {
  description = "Reference to the image of Discourse."
  type        = string
}

variable "mail_login" {
  description = "Login for the mail server."
  type        = object({ username = string, password = string })
  sensitive   = true
  ephemeral   = true
}

variable "mail_server" {
  description = "Host name of the mail server."
  type        = string
}

variable "s3_bucket" {
  description = "Bucket for uploads."
  type        = string
}

variable "s3_keys" {
  description = "Keys for the object storage."
  type        = object({ access_key_id = string, secret_access_key = string })
  sensitive   = true
  ephemeral   = true
}

variable "s3_region" {
  description = "Region of the bucket."
  type        = string
}

resource "juju_model" "forum" {
  name = "forum"
}

module "discourse" {
  source     = "../.."
  channel    = var.channel
  model_uuid = juju_model.forum.uuid
  resources  = { discourse-image = var.image }
  units      = 3

  config = {
    external_hostname   = var.hostname
    force_https         = "true"
    s3_bucket           = var.s3_bucket
    s3_credentials      = juju_secret.s3.secret_uri
    s3_enabled          = "true"
    s3_region           = var.s3_region
    smtp_address        = var.mail_server
    smtp_authentication = "plain"
    smtp_credentials    = juju_secret.mail.secret_uri
  }
}

resource "juju_secret" "mail" {
  model_uuid       = juju_model.forum.uuid
  name             = "forum-mail"
  value_wo         = { username = var.mail_login.username, password = var.mail_login.password }
  value_wo_version = 1
}

resource "juju_access_secret" "mail" {
  model_uuid   = juju_model.forum.uuid
  secret_id    = juju_secret.mail.secret_id
  applications = [module.discourse.app_name]
}

resource "juju_secret" "s3" {
  model_uuid       = juju_model.forum.uuid
  name             = "forum-s3"
  value_wo         = { access-key-id = var.s3_keys.access_key_id, secret-access-key = var.s3_keys.secret_access_key }
  value_wo_version = 1
}

resource "juju_access_secret" "s3" {
  model_uuid   = juju_model.forum.uuid
  secret_id    = juju_secret.s3.secret_id
  applications = [module.discourse.app_name]
}

resource "juju_application" "postgresql" {
  name       = "postgresql-k8s"
  model_uuid = juju_model.forum.uuid
  trust      = true

  charm {
    name    = "postgresql-k8s"
    channel = "14/stable"
  }

  config = {
    plugin_hstore_enable   = "true"
    plugin_pg_trgm_enable  = "true"
    plugin_unaccent_enable = "true"
  }
}

resource "juju_application" "redis" {
  name       = "redis-k8s"
  model_uuid = juju_model.forum.uuid

  charm {
    name    = "redis-k8s"
    channel = "latest/edge"
  }
}

resource "juju_application" "ingress" {
  name       = "nginx-ingress-integrator"
  model_uuid = juju_model.forum.uuid
  trust      = true

  charm {
    name    = "nginx-ingress-integrator"
    channel = "latest/stable"
  }
}

# Its certificates are signed by nobody that browsers know: use lego where people come from outside.
resource "juju_application" "certificates" {
  name       = "self-signed-certificates"
  model_uuid = juju_model.forum.uuid

  charm {
    name    = "self-signed-certificates"
    channel = "1/stable"
  }
}

resource "juju_integration" "database" {
  model_uuid = juju_model.forum.uuid

  application {
    name     = module.discourse.app_name
    endpoint = module.discourse.requires.database
  }

  application {
    name     = juju_application.postgresql.name
    endpoint = "database"
  }
}

resource "juju_integration" "redis" {
  model_uuid = juju_model.forum.uuid

  application {
    name     = module.discourse.app_name
    endpoint = module.discourse.requires.redis
  }

  application {
    name     = juju_application.redis.name
    endpoint = "redis"
  }
}

resource "juju_integration" "ingress" {
  model_uuid = juju_model.forum.uuid

  application {
    name     = module.discourse.app_name
    endpoint = module.discourse.requires.nginx_route
  }

  application {
    name     = juju_application.ingress.name
    endpoint = "nginx-route"
  }
}

resource "juju_integration" "certificates" {
  model_uuid = juju_model.forum.uuid

  application {
    name     = juju_application.ingress.name
    endpoint = "certificates"
  }

  application {
    name     = juju_application.certificates.name
    endpoint = "certificates"
  }
}
