variable "app_name" {
  description = "Name of the application in its model."
  type        = string
  default     = "discourse-k8s"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$", var.app_name))
    error_message = "Juju takes small letters, digits and hyphens, with a letter at the beginning and in each part."
  }
}

variable "base" {
  description = "Base of the charm. The charm has this one alone."
  type        = string
  default     = "ubuntu@22.04"
}

variable "channel" {
  description = "Channel of the charm on Charmhub, such as latest/edge."
  type        = string
  nullable    = false
}

variable "config" {
  description = "Options of the charm, each as text: true, 3, or the URI of a secret."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "constraints" {
  description = "Constraints of the application, such as arch=arm64 mem=4G. The provider does not accept an empty text."
  type        = string
  default     = "arch=amd64"
  nullable    = false

  validation {
    condition     = length(trimspace(var.constraints)) > 0
    error_message = "The provider does not accept empty constraints: name at least the architecture, such as arch=amd64."
  }
}

variable "model_uuid" {
  description = "UUID of the model that the application is deployed to."
  type        = string
  nullable    = false
}

variable "resources" {
  description = "Image of Discourse: a map with the key discourse-image, and as its value a reference such as registry.example.com/discourse@sha256:..., or the number of a revision on Charmhub."
  type        = map(string)
  nullable    = false

  validation {
    condition     = toset(keys(var.resources)) == toset(["discourse-image"])
    error_message = "The charm has exactly one resource: name an image as discourse-image."
  }

  validation {
    condition     = alltrue([for image in values(var.resources) : can(regex("^([1-9][0-9]*|[^[:space:]/]+/[^[:space:]]+)$", image))])
    error_message = "An image is a reference with its registry and without blanks, such as registry.example.com/discourse:1, or the number of a revision on Charmhub."
  }
}

variable "revision" {
  description = "Revision of the charm. Null: the newest of the channel when the application is deployed."
  type        = number
  default     = null

  validation {
    condition     = var.revision == null ? true : var.revision >= 0 && floor(var.revision) == var.revision
    error_message = "A revision is a whole number, 0 or more."
  }
}

variable "units" {
  description = "Number of units. More than one need an object storage for uploads: s3_enabled, or a relation with the endpoint s3."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.units >= 1 && floor(var.units) == var.units
    error_message = "The number of units is a whole number, 1 or more."
  }
}
