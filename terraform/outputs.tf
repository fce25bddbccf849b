output "app_name" {
  description = "Name of the application, for integrations and grants of secrets."
  value       = juju_application.discourse.name
}

output "application" {
  description = "The whole application, as the provider knows it."
  value       = juju_application.discourse
}

output "provides" {
  description = "Names of the endpoints that the charm provides, by the same names with underscores."
  value = {
    grafana_dashboard = "grafana-dashboard"
    metrics_endpoint  = "metrics-endpoint"
  }
}

output "requires" {
  description = "Names of the endpoints that the charm requires, by the same names with underscores."
  value = {
    database    = "database"
    db          = "db"
    ingress     = "ingress"
    logging     = "logging"
    nginx_route = "nginx-route"
    oauth       = "oauth"
    redis       = "redis"
    s3          = "s3"
    saml        = "saml"
    smtp        = "smtp"
    tracing     = "tracing"
  }
}
