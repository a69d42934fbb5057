locals {
  # What the program says of itself: indexes, permissions, scopes and log lines. `make generate` writes it, and a test compares.
  program = jsondecode(file("${path.module}/program.json"))

  run      = var.image != ""
  site     = var.image != "" && var.oauth_client_id != ""
  receiver = var.receiver_image != ""

  site_name     = "esafetybot-site"
  receiver_name = "esafetybot-receiver"
  receiver_url  = "https://${local.receiver_name}-${data.google_project.this.number}.${var.region}.run.app"
  school        = try(lower(yamldecode(file(var.policy_file)).school.domains[0]), "") # its name in every database; the program says what is wrong with a policy
  site_url      = var.base_url != "" ? var.base_url : "https://${local.site_name}-${data.google_project.this.number}.${var.region}.run.app"

  apis = [
    "admin.googleapis.com", "drive.googleapis.com", "groupssettings.googleapis.com", "classroom.googleapis.com", "cloudidentity.googleapis.com",
    "licensing.googleapis.com", "gmail.googleapis.com", "blogger.googleapis.com", # what the worker reads
    "iam.googleapis.com", "iamcredentials.googleapis.com",                        # delegation without a key
    "run.googleapis.com", "cloudscheduler.googleapis.com", "artifactregistry.googleapis.com", "secretmanager.googleapis.com",
    "firestore.googleapis.com", "firebaserules.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com",
    "cloudresourcemanager.googleapis.com", "billingbudgets.googleapis.com",
  ]
}

data "google_project" "this" {
  project_id = var.project
}

resource "google_project_service" "api" {
  for_each = toset(local.apis)

  service            = each.value
  disable_on_destroy = false # something else in the project may use it
}

resource "google_artifact_registry_repository" "images" {
  location      = var.region
  repository_id = "esafetybot"
  format        = "DOCKER"
  description   = "The program's container images"

  # 0.5 GB is free of charge: two images, and the one that a newcomer wants back.
  cleanup_policies {
    id     = "keep-three"
    action = "KEEP"
    most_recent_versions {
      keep_count = 3
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.api]
}
