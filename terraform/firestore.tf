locals {
  databases = toset(["main", "decisions", "hints"])

  indexes = {
    for x in local.program.indexes : join("-", concat([x.database, x.collection], [for f in x.fields : "${f.path}${f.order == "DESCENDING" ? "-desc" : ""}"])) => x
  }

  # Bodies only: an index of them would be most of what is stored. The other fields that nobody asks for are a few bytes each, and every
  # exemption takes Firestore a minute to make.
  exemptions = { for x in local.program.exemptions : "${x.database}-${x.collection}-${x.path}" => x if x.path == "b" }
}

resource "google_firestore_database" "this" {
  for_each = local.databases

  name                              = each.value
  location_id                       = var.region
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = each.value == "main" && var.point_in_time_recovery ? "POINT_IN_TIME_RECOVERY_ENABLED" : "POINT_IN_TIME_RECOVERY_DISABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON" # `terraform destroy` leaves what the school knows

  depends_on = [google_project_service.api]
}

resource "google_firestore_index" "this" {
  for_each = local.indexes

  database    = google_firestore_database.this[each.value.database].name
  collection  = each.value.collection
  query_scope = "COLLECTION"

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path = fields.value.path
      order      = fields.value.order
    }
  }
}

resource "google_firestore_field" "unindexed" {
  for_each = local.exemptions

  database   = google_firestore_database.this[each.value.database].name
  collection = each.value.collection
  field      = each.value.path

  index_config {}
}

# Nobody reads a database past the program: browsers and apps are refused whatever they bring.
resource "google_firebaserules_ruleset" "deny" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_firebaserules_release" "deny" {
  for_each = local.databases

  name         = "cloud.firestore/${google_firestore_database.this[each.value].name}"
  ruleset_name = google_firebaserules_ruleset.deny.name
}
