# With load_balancer the review sites have hosts of their own: one address for all, and a certificate for each, which Google renews.
locals {
  balancer = local.site && var.load_balancer
  hosts    = local.balancer ? { for name, url in local.sites : name => trimprefix(url, "https://") } : {}
  # Whoever asks, as the balancer saw them. It sets the header anew, whatever was sent; to X-Forwarded-For it adds its own address.
  client_header = "X-Esafetybot-Client"
}

resource "google_compute_region_network_endpoint_group" "site" {
  count = local.balancer ? 1 : 0

  name                  = "esafetybot-site"
  region                = var.region
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.site[0].name
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_backend_service" "site" {
  count = local.balancer ? 1 : 0

  name                   = "esafetybot-site"
  load_balancing_scheme  = "EXTERNAL_MANAGED"
  protocol               = "HTTPS"
  custom_request_headers = ["${local.client_header}: {client_ip_address}"]
  backend {
    group = google_compute_region_network_endpoint_group.site[0].id
  }
}

# Every host leads to the one service, which tells them apart.
resource "google_compute_url_map" "site" {
  count = local.balancer ? 1 : 0

  name            = "esafetybot-site"
  default_service = google_compute_backend_service.site[0].id
}

# One for each host: where a name does not lead here yet, the others' certificates do not wait for it.
resource "google_compute_managed_ssl_certificate" "site" {
  for_each = local.hosts

  name = "esafetybot-${each.key}-${substr(sha256(each.value), 0, 8)}"
  managed {
    domains = [each.value]
  }
  lifecycle {
    create_before_destroy = true # one in use cannot be taken away
  }

  depends_on = [google_project_service.api]
}

resource "google_compute_target_https_proxy" "site" {
  count = local.balancer ? 1 : 0

  name             = "esafetybot-site"
  url_map          = google_compute_url_map.site[0].id
  ssl_certificates = [for name in sort(keys(local.hosts)) : google_compute_managed_ssl_certificate.site[name].id]
}

resource "google_compute_global_address" "site" {
  count = local.balancer ? 1 : 0

  name = "esafetybot-site"

  depends_on = [google_project_service.api]
}

resource "google_compute_global_forwarding_rule" "site" {
  count = local.balancer ? 1 : 0

  name                  = "esafetybot-site"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.site[0].id
}
