locals {
  # What the program says of itself: indexes, permissions, scopes and log lines. `make generate` writes it, and a test compares.
  program = jsondecode(file("${path.module}/program.json"))

  run      = var.image != ""
  site     = var.image != "" && var.oauth_client_id != ""
  receiver = var.receiver_image != ""

  site_name     = "esafetybot-site"
  receiver_name = "esafetybot-receiver"
  receiver_url  = "https://${local.receiver_name}-${data.google_project.this.number}.${var.region}.run.app"
  trust         = length(var.schools) > 0
  # Their names in every database; the program says what is wrong with a policy.
  keys     = local.trust ? sort(keys(var.schools)) : [try(lower(try(yamldecode(file(var.policy_file)).school.id, yamldecode(file(var.policy_file)).school.domains[0])), "")]
  site_url = var.base_url != "" ? var.base_url : "https://${local.site_name}-${data.google_project.this.number}.${var.region}.run.app"
  # One site for each school, and of a trust one more for its own pages.
  sites = local.trust ? { for name in concat(local.keys, ["trust"]) : name => replace(local.site_url, "{school}", name) if var.base_url != "" } : { (local.keys[0]) = local.site_url }

  # Each file is a secret, mounted in a folder of its own, so that the paths in them are the same as at home.
  policies = local.trust ? merge(
    { policy-trust = { file = var.trust_file, folder = "/policy/trust" } },
    { for name, s in var.schools : "policy-${name}" => { file = s.policy_file, folder = "/policy/${name}" } },
  ) : { policy = { file = var.policy_file, folder = "/policy" } }
  policy_name = { for name, p in local.policies : name => local.trust ? basename(p.file) : "policy.yaml" }

  apis = concat(var.load_balancer ? ["compute.googleapis.com"] : [], [
    "admin.googleapis.com", "drive.googleapis.com", "groupssettings.googleapis.com", "classroom.googleapis.com", "cloudidentity.googleapis.com",
    "licensing.googleapis.com", "gmail.googleapis.com", "blogger.googleapis.com", # what the worker reads
    "iam.googleapis.com", "iamcredentials.googleapis.com",                        # delegation without a key
    "run.googleapis.com", "cloudscheduler.googleapis.com", "artifactregistry.googleapis.com", "secretmanager.googleapis.com",
    "firestore.googleapis.com", "firebaserules.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com",
    "cloudresourcemanager.googleapis.com", "billingbudgets.googleapis.com",
  ])
}

# A school's own list of statutory expectations would be left behind, and the program's own taken, without a word.
check "expectations" {
  assert {
    condition     = !anytrue([for p in values(local.policies) : try(fileexists("${dirname(p.file)}/expectations.yaml"), false)])
    error_message = "The file expectations.yaml beside the policy is not taken along: on Google Cloud the annex for the yearly review follows the program's own list. For yours, print the annex on your own computer (docs/audit.md)."
  }
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
