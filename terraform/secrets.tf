# The policy is no secret among those who run this, but it names people. It is kept where its versions are kept.
locals {
  secrets = merge(
    { for name, p in local.policies : name => ["worker", "site"] },
    var.oauth_client_id == "" ? {} : { oauth-client-secret = ["site"], site-key = ["site"] },
    local.receiver ? { hooks-keys = ["worker", "receiver"] } : {},
    local.receiver && var.dojo_relay ? { dojo-relay-keys = ["receiver"] } : {},
  )
  readers = merge([for name, list in local.secrets : { for who in list : "${name}-${who}" => { secret = name, who = who } }]...)
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id = "esafetybot-${each.key}"
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_version" "policy" {
  for_each = local.policies

  secret      = google_secret_manager_secret.this[each.key].id
  secret_data = file(each.value.file)

  deletion_policy = "DISABLE" # older versions stay: an old report names the version that it was made by
}

moved {
  from = google_secret_manager_secret_version.policy
  to   = google_secret_manager_secret_version.policy["policy"]
}

resource "google_secret_manager_secret_version" "oauth" {
  count = var.oauth_client_id == "" ? 0 : 1

  secret                 = google_secret_manager_secret.this["oauth-client-secret"].id
  secret_data_wo         = var.oauth_client_secret
  secret_data_wo_version = var.secrets_version
}

resource "google_secret_manager_secret_version" "site_key" {
  count = var.oauth_client_id == "" ? 0 : 1

  secret                 = google_secret_manager_secret.this["site-key"].id
  secret_data_wo         = var.site_key
  secret_data_wo_version = var.secrets_version
}

resource "google_secret_manager_secret_version" "hooks_keys" {
  count = local.receiver ? 1 : 0

  secret                 = google_secret_manager_secret.this["hooks-keys"].id
  secret_data_wo         = var.hooks_keys
  secret_data_wo_version = var.secrets_version
}

resource "google_secret_manager_secret_version" "dojo_keys" {
  count = local.receiver && var.dojo_relay ? 1 : 0

  secret                 = google_secret_manager_secret.this["dojo-relay-keys"].id
  secret_data_wo         = var.dojo_relay_keys
  secret_data_wo_version = var.secrets_version
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.readers

  secret_id = google_secret_manager_secret.this[each.value.secret].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.identity[each.value.who].member
}
