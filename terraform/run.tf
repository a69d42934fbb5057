locals {
  # Schools of a trust share the three databases: each has its documents below its short name.
  both = merge({
    ESAFETYBOT_STATE      = "firestore:${var.project}/main"
    ESAFETYBOT_DECISIONS  = "firestore:${var.project}/decisions"
    ESAFETYBOT_HINTS      = "firestore:${var.project}/hints"
    ESAFETYBOT_LOG_FORMAT = "json"
    },
    local.trust ? { ESAFETYBOT_TRUST = "/policy/trust/${basename(var.trust_file)}" } : { ESAFETYBOT_POLICY = "/policy/policy.yaml" },
  )
  worker_env = merge(var.otel, local.both, {
    ESAFETYBOT_GOOGLE_CREDENTIALS = "keyless:${google_service_account.identity["worker"].email}"
    ESAFETYBOT_MAIL               = "gmail:${var.mail_sender}"
    },
    var.google_admin == "" ? {} : { ESAFETYBOT_GOOGLE_ADMIN = var.google_admin },
    local.site ? { ESAFETYBOT_BASE_URL = local.site_url } : {},
    local.receiver ? { ESAFETYBOT_HOOKS_URL = "${local.receiver_url}/hooks" } : {},
  )
  site_env = merge(var.otel, local.both, {
    ESAFETYBOT_BASE_URL       = local.site_url
    ESAFETYBOT_OIDC_CLIENT_ID = var.oauth_client_id
    ESAFETYBOT_SITE_KEY       = "/site-key/site.key"
  })
  receiver_env = merge(var.otel, {
    ESAFETYBOT_HINTS   = "firestore:${var.project}/hints"
    ESAFETYBOT_SCHOOLS = join(",", local.keys)
    },
    local.run ? { ESAFETYBOT_WORKER_JOB = google_cloud_run_v2_job.worker[0].id } : {},
    var.pubsub_account == "" ? {} : {
      ESAFETYBOT_PUBSUB_ACCOUNT  = var.pubsub_account
      ESAFETYBOT_PUBSUB_AUDIENCE = "${local.receiver_url}/hooks/pubsub"
    },
  )
  # Variables whose values are secrets, by who is given them.
  worker_secrets   = local.receiver ? { ESAFETYBOT_HOOKS_KEYS = google_secret_manager_secret_version.hooks_keys[0] } : {}
  receiver_secrets = merge(local.worker_secrets, var.dojo_relay ? { ESAFETYBOT_DOJO_RELAY_KEYS = google_secret_manager_secret_version.dojo_keys[0] } : {})
}

resource "google_cloud_run_v2_job" "worker" {
  count = local.run ? 1 : 0

  name                = "esafetybot-worker"
  location            = var.region
  deletion_protection = false

  template {
    task_count  = var.tasks
    parallelism = var.tasks

    template {
      service_account = google_service_account.identity["worker"].email
      max_retries     = 0 # the next tick goes on where this run stopped
      timeout         = "${var.longest_run}s"

      containers {
        image = var.image
        args  = ["run"]

        resources {
          limits = { cpu = "1", memory = var.memory }
        }
        dynamic "env" {
          for_each = local.worker_env
          content {
            name  = env.key
            value = env.value
          }
        }
        dynamic "env" {
          for_each = local.worker_secrets
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value.secret
                version = env.value.version
              }
            }
          }
        }
        dynamic "volume_mounts" {
          for_each = local.policies
          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value.folder
          }
        }
      }
      dynamic "volumes" {
        for_each = local.policies
        content {
          name = volumes.key
          secret {
            secret = google_secret_manager_secret.this[volumes.key].secret_id
            items {
              version = google_secret_manager_secret_version.policy[volumes.key].version
              path    = local.policy_name[volumes.key]
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reader, google_service_account_iam_member.worker_signs, google_project_iam_member.database]
}

resource "google_cloud_run_v2_service" "site" {
  count = local.site ? 1 : 0

  name                = local.site_name
  location            = var.region
  ingress             = local.balancer ? "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" : "INGRESS_TRAFFIC_ALL" # nobody passes the balancer by
  deletion_protection = false

  template {
    service_account = google_service_account.identity["site"].email
    timeout         = "60s"

    # One at a time: which sessions were signed out of is known to one process only.
    scaling {
      min_instance_count = 0
      max_instance_count = 1
    }

    containers {
      image = var.image
      args  = concat(["site", "--listen", ":8080", "--behind-proxy"], local.balancer ? ["--client-header", local.client_header] : [])

      ports {
        container_port = 8080
      }
      resources {
        limits   = { cpu = "1", memory = "512Mi" }
        cpu_idle = true # paid for while somebody asks, not otherwise
      }
      # Whoever wakes the site waits no longer than it takes to start, and one that answers no more is started anew. Neither reads the
      # databases: a start would not mend these.
      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 60
        http_get {
          path = "/healthz"
        }
      }
      liveness_probe {
        period_seconds    = 60 # each is paid for, while an instance lives
        timeout_seconds   = 10
        failure_threshold = 3
        http_get {
          path = "/healthz"
        }
      }
      dynamic "env" {
        for_each = local.site_env
        content {
          name  = env.key
          value = env.value
        }
      }
      env {
        name = "ESAFETYBOT_OIDC_CLIENT_SECRET"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.this["oauth-client-secret"].secret_id
            version = google_secret_manager_secret_version.oauth[0].version
          }
        }
      }
      dynamic "volume_mounts" {
        for_each = local.policies
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value.folder
        }
      }
      volume_mounts {
        name       = "site-key"
        mount_path = "/site-key"
      }
    }
    dynamic "volumes" {
      for_each = local.policies
      content {
        name = volumes.key
        secret {
          secret = google_secret_manager_secret.this[volumes.key].secret_id
          items {
            version = google_secret_manager_secret_version.policy[volumes.key].version
            path    = local.policy_name[volumes.key]
          }
        }
      }
    }
    volumes {
      name = "site-key"
      secret {
        secret = google_secret_manager_secret.this["site-key"].secret_id
        items {
          version = google_secret_manager_secret_version.site_key[0].version
          path    = "site.key"
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reader, google_project_iam_member.database]
}

# Anybody may open the page on which people sign in; who may do what is judged behind it.
resource "google_cloud_run_v2_service_iam_member" "site" {
  count = local.site ? 1 : 0

  name     = google_cloud_run_v2_service.site[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service" "receiver" {
  count = local.receiver ? 1 : 0

  name                = local.receiver_name
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = false

  template {
    service_account = google_service_account.identity["receiver"].email
    timeout         = "30s"
    scaling {
      min_instance_count = 0
      max_instance_count = 4
    }
    containers {
      image = var.receiver_image
      dynamic "env" {
        for_each = local.receiver_env
        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = local.receiver_secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value.secret
              version = env.value.version
            }
          }
        }
      }
      resources {
        limits   = { cpu = "1", memory = "512Mi" }
        cpu_idle = true
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reader, google_project_iam_member.database]
}

resource "google_cloud_run_v2_service_iam_member" "receiver" {
  count = local.receiver ? 1 : 0

  name     = google_cloud_run_v2_service.receiver[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers" # Google's pushes carry no identity; the receiver verifies what each carries
}

# A receiver may start the worker's job, as the clock may; what the worker then does is not in its hand.
resource "google_cloud_run_v2_job_iam_member" "receiver" {
  count = local.run && local.receiver ? 1 : 0

  name     = google_cloud_run_v2_job.worker[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.identity["receiver"].member
}

resource "google_cloud_run_v2_job_iam_member" "tick" {
  count = local.run ? 1 : 0

  name     = google_cloud_run_v2_job.worker[0].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.identity["tick"].member
}

resource "google_cloud_scheduler_job" "tick" {
  for_each = local.run ? var.ticks : {}

  name             = "esafetybot-${each.key}"
  description      = "Starts the worker, which decides what is due"
  region           = var.region
  schedule         = each.value
  time_zone        = var.time_zone
  attempt_deadline = "60s"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.worker[0].id}:run"
    oauth_token {
      service_account_email = google_service_account.identity["tick"].email
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.tick]
}
