# Each variable says in plain words what is wrong with it.

mock_provider "google" {}

variables {
  project         = "school-project"
  policy_file     = "tests/policy.yaml"
  mail_sender     = "esafetybot@school.example"
  alert_addresses = ["it@school.example"]
}

run "project_1" {
  command = plan
  variables {
    project = "School Project"
  }
  expect_failures = [var.project]
}

run "project_2" {
  command = plan
  variables {
    project = "abc"
  }
  expect_failures = [var.project]
}

run "project_3" {
  command = plan
  variables {
    project = "123456"
  }
  expect_failures = [var.project]
}

run "region_1" {
  command = plan
  variables {
    region = "London"
  }
  expect_failures = [var.region]
}

run "policy_file_1" {
  command = plan
  variables {
    policy_file = "tests/nowhere.yaml"
  }
  expect_failures = [var.policy_file]
}

run "policy_file_2" {
  command = plan
  variables {
    policy_file = "main.tf"
  }
  expect_failures = [var.policy_file]
}

run "policy_file_with_a_roll_beside_it" {
  command = plan
  variables {
    policy_file = "tests/beside/policy.yaml"
  }
  expect_failures = [var.policy_file]
}

run "policy_file_of_staff_with_a_roll_beside_it" {
  command = plan
  variables {
    policy_file = "tests/beside/staff.yaml"
  }
  expect_failures = [var.policy_file]
}

run "policy_file_of_others_with_a_roll_beside_it" {
  command = plan
  variables {
    policy_file = "tests/beside/others.yaml"
  }
  expect_failures = [var.policy_file]
}

run "schools_with_a_roll_beside_the_policy" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/beside/trust/trust.yaml"
    schools     = { oak = { policy_file = "tests/beside/oak/policy.yaml" } }
  }
  expect_failures = [var.schools]
}

run "trust_with_a_roll_beside_the_policies" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/beside/both/trust/trust.yaml"
    schools     = { oak = { policy_file = "tests/beside/both/oak/policy.yaml" } }
  }
  expect_failures = [var.trust_file]
}

run "expectations_beside_the_policy" {
  command = plan
  variables {
    policy_file = "tests/expectations/policy.yaml"
  }
  expect_failures = [check.expectations]
}

run "mail_sender_1" {
  command = plan
  variables {
    mail_sender = "esafetybot"
  }
  expect_failures = [var.mail_sender]
}

run "google_admin_1" {
  command = plan
  variables {
    google_admin = "it"
  }
  expect_failures = [var.google_admin]
}

run "alert_addresses_1" {
  command = plan
  variables {
    alert_addresses = []
  }
  expect_failures = [var.alert_addresses]
}

run "alert_addresses_2" {
  command = plan
  variables {
    alert_addresses = ["it@school.example", "head"]
  }
  expect_failures = [var.alert_addresses]
}

run "image_1" {
  command = plan
  variables {
    image = "esafetybot:latest"
  }
  expect_failures = [var.image]
}

run "receiver_image_1" {
  command = plan
  variables {
    hooks_keys     = "0123456789abcdef0123456789abcdef"
    receiver_image = "esafetybot:latest"
  }
  expect_failures = [var.receiver_image]
}

run "oauth_client_id_1" {
  command = plan
  variables {
    oauth_client_id = "client"
  }
  expect_failures = [var.oauth_client_id]
}

run "secrets_version_1" {
  command = plan
  variables {
    secrets_version = 0
  }
  expect_failures = [var.secrets_version]
}

run "secrets_version_2" {
  command = plan
  variables {
    secrets_version = 1.5
  }
  expect_failures = [var.secrets_version]
}

run "base_url_1" {
  command = plan
  variables {
    base_url = "http://review.school.example"
  }
  expect_failures = [var.base_url]
}

run "base_url_2" {
  command = plan
  variables {
    base_url = "https://review.school.example/"
  }
  expect_failures = [var.base_url]
}

run "ticks_1" {
  command = plan
  variables {
    ticks = {}
  }
  expect_failures = [var.ticks]
}

run "ticks_2" {
  command = plan
  variables {
    ticks = { day = "hourly" }
  }
  expect_failures = [var.ticks]
}

run "ticks_3" {
  command = plan
  variables {
    ticks = { Day = "0 * * * *" }
  }
  expect_failures = [var.ticks]
}

run "time_zone_1" {
  command = plan
  variables {
    time_zone = "London"
  }
  expect_failures = [var.time_zone]
}

run "longest_run_1" {
  command = plan
  variables {
    longest_run = 60
  }
  expect_failures = [var.longest_run]
}

run "longest_run_2" {
  command = plan
  variables {
    longest_run = 90000
  }
  expect_failures = [var.longest_run]
}

run "memory_1" {
  command = plan
  variables {
    memory = "128Mi"
  }
  expect_failures = [var.memory]
}

run "billing_account_1" {
  command = plan
  variables {
    billing_account = "my account"
  }
  expect_failures = [var.billing_account]
}

run "monthly_budget_1" {
  command = plan
  variables {
    monthly_budget = 0
  }
  expect_failures = [var.monthly_budget]
}

run "monthly_budget_2" {
  command = plan
  variables {
    monthly_budget = 2.5
  }
  expect_failures = [var.monthly_budget]
}

run "secret_alone" {
  command = plan
  variables {
    oauth_client_secret = "s"
  }
  expect_failures = [var.oauth_client_secret]
}

run "key_alone" {
  command = plan
  variables {
    site_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  }
  expect_failures = [var.site_key]
}

run "key_short" {
  command = plan
  variables {
    oauth_client_id     = "1-a.apps.googleusercontent.com"
    oauth_client_secret = "s"
    site_key            = "short"
  }
  expect_failures = [var.site_key]
}

run "client_without_secret" {
  command = plan
  variables {
    oauth_client_id = "1-a.apps.googleusercontent.com"
    site_key        = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  }
  expect_failures = [var.oauth_client_secret]
}

run "client_without_key" {
  command = plan
  variables {
    oauth_client_id     = "1-a.apps.googleusercontent.com"
    oauth_client_secret = "s"
  }
  expect_failures = [var.site_key]
}

run "hooks_keys_short" {
  command = plan
  variables {
    receiver_image = "europe-west2-docker.pkg.dev/school-project/esafetybot/receiver@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    hooks_keys     = "0123456789abcdef0123456789abcdef,short"
  }
  expect_failures = [var.hooks_keys]
}

run "receivers_without_keys" {
  command = plan
  variables {
    receiver_image = "europe-west2-docker.pkg.dev/school-project/esafetybot/receiver@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
  expect_failures = [var.hooks_keys]
}

run "dojo_keys_alone" {
  command = plan
  variables {
    dojo_relay_keys = "0123456789abcdef0123456789abcdef"
  }
  expect_failures = [var.dojo_relay_keys]
}

run "dojo_relay_without_keys" {
  command = plan
  variables {
    dojo_relay = true
  }
  expect_failures = [var.dojo_relay_keys]
}

run "pubsub_account" {
  command = plan
  variables {
    pubsub_account = "somebody@school.example"
  }
  expect_failures = [var.pubsub_account]
}

run "otel_not_a_variable" {
  command = plan
  variables {
    otel = { ESAFETYBOT_STATE = "memory:" }
  }
  expect_failures = [var.otel]
}

run "otel_secret" {
  command = plan
  variables {
    otel = { OTEL_EXPORTER_OTLP_HEADERS = "key=0123456789abcdef" }
  }
  expect_failures = [var.otel]
}

run "no_policy" {
  command = plan
  variables {
    policy_file = ""
  }
  expect_failures = [var.policy_file]
}

run "policy_beside_schools" {
  command = plan
  variables {
    trust_file = "tests/trust/trust.yaml"
    schools    = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
  }
  expect_failures = [var.policy_file]
}

run "schools_name" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/trust/trust.yaml"
    schools     = { trust = { policy_file = "tests/trust/trust.yaml" } }
  }
  expect_failures = [var.schools]
}

run "schools_folder" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/trust/trust.yaml"
    schools     = { oak = { policy_file = "tests/ash/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
  }
  expect_failures = [var.schools]
}

run "schools_nowhere" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/trust/trust.yaml"
    schools     = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/nowhere/ash/policy.yaml" } }
  }
  expect_failures = [var.schools]
}

run "schools_other_name" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/trust/trust.yaml"
    schools     = { elm = { policy_file = "tests/elm/policy.yaml" } }
  }
  expect_failures = [var.schools]
}

run "trust_alone" {
  command = plan
  variables {
    trust_file = "tests/trust/trust.yaml"
  }
  expect_failures = [var.trust_file]
}

run "trust_nowhere" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/nowhere/trust.yaml"
    schools     = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
  }
  expect_failures = [var.trust_file]
}

run "trust_lists_another" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/trust/trust.yaml"
    schools     = { oak = { policy_file = "tests/oak/policy.yaml" } }
  }
  expect_failures = [var.trust_file]
}

run "tasks_of_one_school" {
  command = plan
  variables {
    tasks = 2
  }
  expect_failures = [var.tasks]
}

run "tasks_none" {
  command = plan
  variables {
    tasks = 0
  }
  expect_failures = [var.tasks]
}

run "load_balancer_without_base_url" {
  command = plan
  variables {
    load_balancer = true
  }
  expect_failures = [var.load_balancer]
}

run "base_url_of_one_school" {
  command = plan
  variables {
    base_url = "https://{school}.review.school.example"
  }
  expect_failures = [var.base_url]
}

run "base_url_of_a_trust" {
  command = plan
  variables {
    policy_file = ""
    trust_file  = "tests/trust/trust.yaml"
    schools     = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
    base_url    = "https://review.trust.example"
  }
  expect_failures = [var.base_url]
}

run "site_of_a_trust_without_base_url" {
  command = plan
  variables {
    policy_file         = ""
    trust_file          = "tests/trust/trust.yaml"
    schools             = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
    oauth_client_id     = "123-abc.apps.googleusercontent.com"
    oauth_client_secret = "secret"
    site_key            = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  }
  expect_failures = [var.base_url]
}

run "relay_of_a_trust" {
  command = plan
  variables {
    policy_file     = ""
    trust_file      = "tests/trust/trust.yaml"
    schools         = { oak = { policy_file = "tests/oak/policy.yaml" }, ash = { policy_file = "tests/ash/policy.yaml" } }
    receiver_image  = "europe-west2-docker.pkg.dev/school-project/esafetybot/receiver@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    hooks_keys      = "0123456789abcdef0123456789abcdef"
    dojo_relay      = true
    dojo_relay_keys = "0123456789abcdef0123456789abcdef"
  }
  expect_failures = [var.dojo_relay_keys]
}
