# Who may do what. The worker alone is delegated anything in the Workspace. The site and the receiver, which face the internet, are
# delegated nothing and may not sign as the worker. tick can start the worker and nothing else.

locals {
  identities = {
    worker   = "reads the Workspace, judges, tells people, and makes the changes that were approved"
    site     = "shows the review site and notes what people decide"
    receiver = "notes that something happened"
    tick     = "starts the worker"
  }

  grants = merge([
    for who, databases in local.program.roles : {
      for database, permissions in databases : "${who}-${database}" => { who = who, database = database, permissions = permissions }
    }
  ]...)
}

resource "google_service_account" "identity" {
  for_each = local.identities

  account_id   = "esafetybot-${each.key}"
  display_name = "esafetybot: ${each.key}"
  description  = each.value

  depends_on = [google_project_service.api]
}

# Keyless delegation: the worker has Google sign as itself.
resource "google_service_account_iam_member" "worker_signs" {
  service_account_id = google_service_account.identity["worker"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.identity["worker"].member
}

resource "google_project_iam_custom_role" "database" {
  for_each = local.grants

  role_id     = "esafetybot_${replace(each.key, "-", "_")}"
  title       = "esafetybot: ${each.value.who} on ${each.value.database}"
  permissions = each.value.permissions

  depends_on = [google_project_service.api]
}

# Permissions on Firestore are granted on the project, and held to one database by a condition: there is nothing finer.
resource "google_project_iam_member" "database" {
  for_each = local.grants

  project = var.project
  role    = google_project_iam_custom_role.database[each.key].id
  member  = google_service_account.identity[each.value.who].member

  condition {
    title      = "database ${each.value.database} only"
    expression = "resource.name == \"projects/${var.project}/databases/${each.value.database}\" || resource.name.startsWith(\"projects/${var.project}/databases/${each.value.database}/\")"
  }
}
