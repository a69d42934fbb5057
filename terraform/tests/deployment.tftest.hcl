# What is made of which variables.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

variables {
  project         = "school-project"
  policy_file     = "tests/policy.yaml"
  mail_sender     = "esafetybot@school.example"
  alert_addresses = ["it@school.example"]
}

run "first_time" {
  command = plan

  assert {
    condition     = length(google_cloud_run_v2_job.worker) == 0 && length(google_cloud_run_v2_service.site) == 0 && length(google_cloud_run_v2_service.receiver) == 0 && length(google_cloud_scheduler_job.tick) == 0
    error_message = "Without an image nothing runs."
  }
  assert {
    condition     = toset([for d in google_firestore_database.this : d.name]) == toset(["main", "decisions", "hints"]) && alltrue([for d in google_firestore_database.this : d.location_id == "europe-west2" && d.type == "FIRESTORE_NATIVE" && d.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_DISABLED"])
    error_message = "Three databases in London, without what costs money."
  }
  assert {
    condition     = length(google_firestore_index.this) == length(jsondecode(file("program.json")).indexes) && length(google_firestore_index.this) > 0
    error_message = "Each declared index is made, and no other."
  }
  assert {
    condition     = length(google_billing_budget.month) == 0
    error_message = "What costs money or needs a billing account is off."
  }
  assert {
    condition     = length(google_firebaserules_release.deny) == 3 && strcontains(google_firebaserules_ruleset.deny.source[0].files[0].content, "allow read, write: if false")
    error_message = "Every database refuses browsers and apps."
  }
  assert {
    condition     = !strcontains(output.scopes, "auth/drive,") && !contains(split(",", output.scopes), "https://www.googleapis.com/auth/classroom.announcements") && strcontains(output.scopes, "auth/drive.metadata.readonly")
    error_message = "Scopes that change things, or post in Classroom, are not listed unless asked for."
  }
  assert {
    condition     = output.site_url == "https://esafetybot-site-123456789012.europe-west2.run.app" && output.redirect_uri == "${output.site_url}/sign-in/done"
    error_message = "The site's address is known before there is a site, because its OAuth client needs it."
  }
}

run "identities" {
  command = plan

  assert {
    condition     = toset(keys(google_project_iam_member.database)) == toset(["worker-main", "worker-decisions", "worker-hints", "site-main", "site-decisions", "site-hints", "receiver-hints"])
    error_message = "Nobody else has anything to do with a database, and tick with none."
  }
  assert {
    condition     = alltrue([for k, m in google_project_iam_member.database : strcontains(m.condition[0].expression, "projects/school-project/databases/${split("-", k)[1]}\"")])
    error_message = "Each right is held to one database."
  }
  assert {
    condition     = toset(google_project_iam_custom_role.database["receiver-hints"].permissions) == toset(["datastore.entities.create"])
    error_message = "The receiver may create hints and do nothing else."
  }
  assert {
    condition     = toset(google_project_iam_custom_role.database["site-hints"].permissions) == toset(["datastore.entities.create"])
    error_message = "The site may leave a hint that somebody decided something, and not read what others left."
  }
  assert {
    condition     = !anytrue([for k in ["site-main", "site-decisions"] : anytrue([for p in google_project_iam_custom_role.database[k].permissions : endswith(p, ".update") || endswith(p, ".delete")])]) && !contains(google_project_iam_custom_role.database["site-main"].permissions, "datastore.entities.create")
    error_message = "The site reads the main database and creates decisions."
  }
  assert {
    condition     = google_service_account_iam_member.worker_signs.role == "roles/iam.serviceAccountTokenCreator"
    error_message = "The worker signs as itself."
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret_iam_member.reader)) == toset(["policy-worker", "policy-site"])
    error_message = "Only the worker and the site read the policy."
  }
}

run "worker" {
  command = plan
  variables {
    image      = "europe-west2-docker.pkg.dev/school-project/esafetybot/esafetybot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    may_change = true
    otel       = { OTEL_EXPORTER_OTLP_ENDPOINT = "https://collector.school.example:4318" }
  }

  assert {
    condition     = local.worker_env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://collector.school.example:4318" && local.receiver_env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://collector.school.example:4318" && local.site_env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://collector.school.example:4318"
    error_message = "The worker, the site and the receivers are told of the collector."
  }

  assert {
    condition     = google_cloud_run_v2_job.worker[0].template[0].template[0].max_retries == 0 && google_cloud_run_v2_job.worker[0].template[0].task_count == 1
    error_message = "One task, and the next tick is the retry."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.site) == 0 && length(google_cloud_scheduler_job.tick) == 3
    error_message = "The worker runs without a site, three times the free number of ticks at most."
  }
  assert {
    condition     = strcontains(google_logging_metric.line["job_failed"].filter, "jsonPayload.message=\"job failed\"") && toset(keys(google_monitoring_alert_policy.line)) == toset(["job_failed", "braked", "given_up"]) && length(google_monitoring_alert_policy.silent) == 1
    error_message = "Somebody hears of a failure, of the brake, of mail that was given up, and of silence."
  }
  assert {
    condition     = strcontains(output.scopes, "https://www.googleapis.com/auth/drive,") && !contains(split(",", output.scopes), "https://www.googleapis.com/auth/classroom.announcements")
    error_message = "Scopes that change things are listed when asked for, and posting in Classroom is asked for by itself."
  }
}

run "reminders_in_classroom" {
  command = plan
  variables {
    post_reminders = true
  }

  assert {
    condition     = contains(split(",", output.scopes), "https://www.googleapis.com/auth/classroom.announcements") && !contains(split(",", output.scopes), "https://www.googleapis.com/auth/drive")
    error_message = "Posting reminders lists the scope that posts, and none that changes accounts or files."
  }
}

run "site" {
  command = plan
  variables {
    image               = "europe-west2-docker.pkg.dev/school-project/esafetybot/esafetybot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    oauth_client_id     = "123-abc.apps.googleusercontent.com"
    oauth_client_secret = "secret"
    site_key            = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    base_url            = "https://review.school.example"
  }

  assert {
    condition     = google_cloud_run_v2_service.site[0].template[0].scaling[0].max_instance_count == 1 && google_cloud_run_v2_service_iam_member.site[0].member == "allUsers"
    error_message = "One instance, open to whoever signs in."
  }
  assert {
    condition     = length(google_compute_global_forwarding_rule.site) == 0 && !contains(keys(google_project_service.api), "compute.googleapis.com") && google_cloud_run_v2_service.site[0].ingress == "INGRESS_TRAFFIC_ALL"
    error_message = "Without load_balancer nothing is made that is never free."
  }
  assert {
    condition     = google_cloud_run_v2_service.site[0].template[0].containers[0].startup_probe[0].http_get[0].path == "/healthz" && google_cloud_run_v2_service.site[0].template[0].containers[0].startup_probe[0].period_seconds == 1
    error_message = "Whoever wakes the site waits a second at most for its probe."
  }
  assert {
    condition     = google_cloud_run_v2_service.site[0].template[0].containers[0].liveness_probe[0].http_get[0].path == "/healthz" && google_cloud_run_v2_service.site[0].template[0].containers[0].liveness_probe[0].period_seconds >= 60
    error_message = "A site that answers no more is started anew, and not looked at so often that it costs."
  }
  assert {
    condition     = !contains([for e in google_cloud_run_v2_service.site[0].template[0].containers[0].env : e.name], "ESAFETYBOT_GOOGLE_CREDENTIALS")
    error_message = "The site is told of no account that could act on the Workspace."
  }
  assert {
    condition     = contains([for e in google_cloud_run_v2_job.worker[0].template[0].template[0].containers[0].env : e.value], "https://review.school.example") && output.redirect_uri == "https://review.school.example/sign-in/done"
    error_message = "Mails lead to the site."
  }
  assert {
    condition     = keys(google_monitoring_alert_policy.errors) == ["site"] && strcontains(google_monitoring_alert_policy.errors["site"].conditions[0].condition_threshold[0].filter, "service_name=\"esafetybot-site\"")
    error_message = "Somebody hears of a site that answers with errors, and of no receivers where there are none."
  }
  assert {
    condition     = length(google_secret_manager_secret.this) == 3 && toset(keys(google_secret_manager_secret_iam_member.reader)) == toset(["policy-worker", "policy-site", "oauth-client-secret-site", "site-key-site"])
    error_message = "The site's secrets are the site's."
  }
}

run "receivers" {
  command = plan
  variables {
    image           = "europe-west2-docker.pkg.dev/school-project/esafetybot/esafetybot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    receiver_image  = "europe-west2-docker.pkg.dev/school-project/esafetybot/receiver@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    hooks_keys      = "0123456789abcdef0123456789abcdef,fedcba9876543210fedcba9876543210"
    dojo_relay      = true
    dojo_relay_keys = "0123456789abcdef0123456789abcdef"
    pubsub_account  = "pusher@school-project.iam.gserviceaccount.com"
  }

  assert {
    condition     = google_cloud_run_v2_service_iam_member.receiver[0].member == "allUsers" && google_cloud_run_v2_job_iam_member.receiver[0].role == "roles/run.invoker" && length(google_cloud_run_v2_service.site) == 0
    error_message = "Anybody may push, the receiver may start the worker, and needs no site."
  }
  assert {
    condition     = keys(google_monitoring_alert_policy.errors) == ["receiver"] && strcontains(google_monitoring_alert_policy.errors["receiver"].conditions[0].condition_threshold[0].filter, "service_name=\"esafetybot-receiver\"") && strcontains(google_monitoring_alert_policy.errors["receiver"].conditions[0].condition_threshold[0].filter, "response_code_class=\"5xx\"")
    error_message = "Somebody hears of receivers that answer with errors."
  }
  assert {
    condition     = toset([for e in google_cloud_run_v2_service.receiver[0].template[0].containers[0].env : e.name]) == toset(["ESAFETYBOT_HINTS", "ESAFETYBOT_SCHOOLS", "ESAFETYBOT_WORKER_JOB", "ESAFETYBOT_PUBSUB_ACCOUNT", "ESAFETYBOT_PUBSUB_AUDIENCE", "ESAFETYBOT_HOOKS_KEYS", "ESAFETYBOT_DOJO_RELAY_KEYS"])
    error_message = "The receiver is told of nothing but hints: no policy, no state, no account that could act on the Workspace."
  }
  assert {
    condition     = toset(keys(google_secret_manager_secret_iam_member.reader)) == toset(["policy-worker", "policy-site", "hooks-keys-worker", "hooks-keys-receiver", "dojo-relay-keys-receiver"])
    error_message = "The key of the channels is the worker's, which opens them, and the receiver's."
  }
  assert {
    condition     = contains([for e in google_cloud_run_v2_job.worker[0].template[0].template[0].containers[0].env : e.value], "https://esafetybot-receiver-123456789012.europe-west2.run.app/hooks") && contains([for e in google_cloud_run_v2_service.receiver[0].template[0].containers[0].env : e.value], "school.example")
    error_message = "The worker knows where Google is to push, and the receiver for which school."
  }
}

run "everything_else" {
  command = plan
  variables {
    hooks_keys             = "0123456789abcdef0123456789abcdef"
    receiver_image         = "europe-west2-docker.pkg.dev/school-project/esafetybot/esafetybot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    point_in_time_recovery = true
    billing_account        = "0A1B2C-3D4E5F-678901"
    monthly_budget         = 7
  }

  assert {
    condition     = length(google_cloud_run_v2_service.receiver) == 1
    error_message = "An image of receivers switches them on."
  }
  assert {
    condition     = google_firestore_database.this["main"].point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED" && google_firestore_database.this["hints"].point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_DISABLED"
    error_message = "Recovery is for the main database only."
  }
  assert {
    condition     = google_billing_budget.month[0].amount[0].specified_amount[0].units == "7"
    error_message = "What was asked for."
  }
}

run "balancer_of_one_school" {
  command = plan
  variables {
    image               = "europe-west2-docker.pkg.dev/school-project/esafetybot/esafetybot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    oauth_client_id     = "123-abc.apps.googleusercontent.com"
    oauth_client_secret = "secret"
    site_key            = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    base_url            = "https://review.school.example"
    load_balancer       = true
  }

  assert {
    condition     = [for c in google_compute_managed_ssl_certificate.site : c.managed[0].domains[0]] == ["review.school.example"] && length(google_compute_global_forwarding_rule.site) == 1 && google_compute_global_forwarding_rule.site[0].port_range == "443"
    error_message = "The site's host has a certificate, and is reached by https only."
  }
  assert {
    condition     = google_cloud_run_v2_service.site[0].ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "Nobody reaches the site past the balancer, and so nobody says for themself who asks."
  }
  assert {
    condition     = google_compute_backend_service.site[0].custom_request_headers == toset(["X-Esafetybot-Client: {client_ip_address}"]) && slice(google_cloud_run_v2_service.site[0].template[0].containers[0].args, 4, 6) == tolist(["--client-header", "X-Esafetybot-Client"])
    error_message = "The site is told by the balancer who asks."
  }
  assert {
    condition     = contains(keys(google_project_service.api), "compute.googleapis.com")
    error_message = "The balancer's API is switched on."
  }
}

run "trust" {
  command = plan
  variables {
    policy_file         = ""
    trust_file          = "tests/trust/trust.yaml"
    schools             = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
    tasks               = 2
    image               = "europe-west2-docker.pkg.dev/school-project/esafetybot/esafetybot@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    receiver_image      = "europe-west2-docker.pkg.dev/school-project/esafetybot/receiver@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    hooks_keys          = "0123456789abcdef0123456789abcdef"
    oauth_client_id     = "123-abc.apps.googleusercontent.com"
    oauth_client_secret = "secret"
    site_key            = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    base_url            = "https://{school}.review.trust.example"
    load_balancer       = true
  }

  assert {
    condition     = toset([for c in google_compute_managed_ssl_certificate.site : c.managed[0].domains[0]]) == toset(["ash.review.trust.example", "oak.review.trust.example", "trust.review.trust.example"]) && length(google_compute_global_address.site) == 1
    error_message = "Each host has a certificate of its own, and one address serves all."
  }

  assert {
    condition     = google_cloud_run_v2_job.worker[0].template[0].task_count == 2 && google_cloud_run_v2_job.worker[0].template[0].parallelism == 2
    error_message = "The tasks run side by side."
  }
  assert {
    condition     = { for e in google_cloud_run_v2_job.worker[0].template[0].template[0].containers[0].env : e.name => e.value if contains(["ESAFETYBOT_TRUST", "ESAFETYBOT_POLICY", "ESAFETYBOT_BASE_URL", "ESAFETYBOT_STATE"], e.name) } == { ESAFETYBOT_TRUST = "/policy/trust/trust.yaml", ESAFETYBOT_BASE_URL = "https://{school}.review.trust.example", ESAFETYBOT_STATE = "firestore:school-project/main" }
    error_message = "The worker reads the trust's file in place of a policy, and its schools share the databases."
  }
  assert {
    condition     = { for m in google_cloud_run_v2_job.worker[0].template[0].template[0].containers[0].volume_mounts : m.mount_path => m.name } == { "/policy/trust" = "policy-trust", "/policy/oak" = "policy-oak", "/policy/ash" = "policy-ash" }
    error_message = "Each file is where the others say that it is."
  }
  assert {
    condition     = { for v in google_cloud_run_v2_service.site[0].template[0].volumes : v.name => v.secret[0].items[0].path if startswith(v.name, "policy") } == { policy-trust = "trust.yaml", policy-oak = "policy.yaml", policy-ash = "policy.yaml" }
    error_message = "The sites read the same files as the worker."
  }
  assert {
    condition     = { for e in google_cloud_run_v2_service.receiver[0].template[0].containers[0].env : e.name => e.value if e.name == "ESAFETYBOT_SCHOOLS" } == { ESAFETYBOT_SCHOOLS = "ash,oak" }
    error_message = "The receivers take pushes of both schools."
  }
  assert {
    condition     = output.sites == tomap({ oak = "https://oak.review.trust.example", ash = "https://ash.review.trust.example", trust = "https://trust.review.trust.example" }) && output.redirect_uri == "https://ash.review.trust.example/sign-in/done\nhttps://oak.review.trust.example/sign-in/done\nhttps://trust.review.trust.example/sign-in/done"
    error_message = "Each school has a host of its own, and so has the trust."
  }
  assert {
    condition     = length(google_firestore_database.this) == 3 && length(google_monitoring_alert_policy.line) == 4
    error_message = "The schools share three databases, and somebody hears of one that was not run."
  }
  assert {
    condition     = toset([for k, m in google_secret_manager_secret_iam_member.reader : k if startswith(k, "policy")]) == toset(["policy-trust-worker", "policy-trust-site", "policy-oak-worker", "policy-oak-site", "policy-ash-worker", "policy-ash-site"])
    error_message = "Only the worker and the site read the policies."
  }
}
