# What is waited for are the lines that the program really logs: their words stand in program.json, and come from the code.
locals {
  worker_log = "resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"esafetybot-worker\""
  metrics    = { for name, words in local.program.messages : name => "${local.worker_log} AND jsonPayload.message=\"${words}\"" }

  alerts = local.run ? merge({
    job_failed = {
      title = "a job failed"
      next  = "Look at the worker's log (Google Cloud console › Cloud Run › Jobs › esafetybot-worker › Logs), at the line “job failed”: it says which, why, and what to do."
    }
    braked = {
      title = "the brake held changes"
      next  = "More was to be changed at once than the policy lets happen by itself, or what was read looks wrong. Nothing was changed. If the line “brake held changes” in the worker's log says why, put that right; the next run goes on. Else look at what waits on the review site, or with `esafetybot plan`."
    }
    given_up = {
      title = "mail was given up"
      next  = "Some mail could not be sent and is not tried again by itself; a mail of the program could not tell you. Why stands in the worker's log (Google Cloud console › Cloud Run › Jobs › esafetybot-worker › Logs) and on the review site. See whether the sender's mailbox exists, and whether addresses in the policy are right. Then run `esafetybot mail retry --all`."
    }
    }, local.trust ? { not_run = {
      title = "a school of the trust was not run"
      next  = "The log of esafetybot-worker says which school, at the line “school was not run”; its workspace administrator has had a letter. The next tick takes it up where it stopped. If it comes again tomorrow, look how that school's task ended (Cloud Run › Jobs › esafetybot-worker › Executions): too little memory, or longest_run."
  } } : {}) : {}

  # What answers others, and who would hear of its errors otherwise: at the site people see them, at the receivers nobody.
  answering = merge(
    local.site ? { site = {
      title   = "the review site answers with errors"
      service = local.site_name
      next    = "Look at the site's log (Google Cloud console › Cloud Run › ${local.site_name} › Logs)."
    } } : {},
    local.receiver ? { receiver = {
      title   = "the receivers answer with errors"
      service = local.receiver_name
      next    = "Look at the receivers' log (Google Cloud console › Cloud Run › ${local.receiver_name} › Logs): mostly the database of hints cannot be written. Nothing is lost of what Google tells, since the jobs look every day; until it is mended they hear of it then and not within minutes. What a forwarder of ClassDojo's mails sent has to be sent again."
    } } : {},
  )
}

resource "google_logging_metric" "line" {
  for_each = local.metrics

  name   = "esafetybot/${each.key}"
  filter = each.value
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_notification_channel" "person" {
  for_each = toset(var.alert_addresses)

  display_name = "esafetybot: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "line" {
  for_each = local.alerts

  display_name          = "esafetybot: ${each.value.title}"
  combiner              = "OR"
  notification_channels = [for c in google_monitoring_notification_channel.person : c.id]

  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.line[each.key].name}\" AND resource.type=\"cloud_run_job\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "3600s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  alert_strategy {
    auto_close = "86400s" # and so at most one mail a day
  }
  documentation {
    content   = each.value.next
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "silent" {
  count = local.run ? 1 : 0

  display_name          = "esafetybot: no run has come to its end for hours"
  combiner              = "OR"
  notification_channels = [for c in google_monitoring_notification_channel.person : c.id]

  conditions {
    display_name = "no run has come to its end"
    condition_absent {
      filter   = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.line["run_done"].name}\" AND resource.type=\"cloud_run_job\""
      duration = "${max(14400, var.longest_run + 3600)}s" # a first run may take hours; Google waits for a day at most
      aggregations {
        alignment_period     = "3600s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  alert_strategy {
    auto_close = "86400s"
  }
  documentation {
    content   = "Look whether the ticks are on (Google Cloud console › Cloud Scheduler), and at the worker's last execution (Cloud Run › Jobs › esafetybot-worker). Nothing is lost: what is due is done at the next run."
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "errors" {
  for_each = local.answering

  display_name          = "esafetybot: ${each.value.title}"
  combiner              = "OR"
  notification_channels = [for c in google_monitoring_notification_channel.person : c.id]

  conditions {
    display_name = "more than five errors in ten minutes"
    condition_threshold {
      filter          = "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${each.value.service}\" AND metric.labels.response_code_class=\"5xx\""
      comparison      = "COMPARISON_GT"
      threshold_value = 5
      duration        = "0s"
      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  alert_strategy {
    auto_close = "86400s"
  }
  documentation {
    content   = each.value.next
    mime_type = "text/markdown"
  }
}

moved {
  from = google_monitoring_alert_policy.errors[0]
  to   = google_monitoring_alert_policy.errors["site"]
}

resource "google_billing_budget" "month" {
  count = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  display_name    = "esafetybot"
  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }
  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }
  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }
  all_updates_rule {
    monitoring_notification_channels = slice([for c in google_monitoring_notification_channel.person : c.id], 0, min(5, length(var.alert_addresses)))
  }

  depends_on = [google_project_service.api]
}
