# What a school has to say: project, policy_file, mail_sender and alert_addresses. A trust gives trust_file and schools in place of policy_file. With image the worker starts, with oauth_client_id the
# review site. Everything else has a value that is right for most.

variable "project" {
  description = "The id of the school's Google Cloud project, with billing switched on."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 small letters, digits and hyphens, and begins with a letter. It is not the project's name and not its number."
  }
}

variable "region" {
  description = "Where everything runs and is kept."
  type        = string
  default     = "europe-west2"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region looks like europe-west2 (London)."
  }
}

variable "policy_file" {
  description = "Path of the school's policy file, checked with `esafetybot policy check`. Its rolls must be on Drive (roll: {drive: ID}): there is no other file beside it. Empty for a trust, which gives schools."
  type        = string
  default     = ""

  validation {
    condition     = var.policy_file == "" || can(regex("\\.ya?ml$", var.policy_file)) && try(fileexists(var.policy_file), false)
    error_message = "There is no such file, or it does not end in .yaml. Give its path from the folder in which you run terraform, such as ../school.yaml."
  }

  validation {
    condition     = var.policy_file == "" || !try(fileexists(var.policy_file), false) || try(length(filebase64(var.policy_file)) < 65536 * 4 / 3, false)
    error_message = "The policy file is larger than the 64 KiB that Secret Manager takes."
  }

  validation {
    condition = var.policy_file == "" || try(alltrue([
      for r in concat([for who in ["pupils", "staff"] : try(yamldecode(file(var.policy_file))[who].roll, null)], [for o in try(yamldecode(file(var.policy_file)).others, []) : try(o.roll, null)]) : !can(r.csv)
    ]), true)
    error_message = "A roll of this policy is a CSV file beside it (roll: {csv: …}), and in the container no file lies beside the policy. Put the list on Google Drive where the workspace administrator can open it, best as a Google spreadsheet, and write roll: {drive: ID, columns: …} into the policy; the id is the long last part of its link."
  }

  validation {
    condition     = (var.policy_file == "") == (length(var.schools) > 0)
    error_message = "Give policy_file for one school, or schools and trust_file for a trust: one of the two."
  }
}

variable "schools" {
  description = "The schools of a trust: short name (school.id) → where its policy is. Each policy lies in a folder called as its school, beside the folder trust: oak/policy.yaml, with `inherits: ../trust/trust.yaml` in it. Empty for one school."
  type        = map(object({ policy_file = string }))
  default     = {}

  validation {
    condition     = alltrue([for name, s in var.schools : can(regex("^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", name)) && name != "trust"])
    error_message = "A short name has up to 40 small letters, digits and hyphens, and is not “trust”, which is what the trust's own pages are called."
  }

  validation {
    condition     = alltrue([for name, s in var.schools : can(regex("\\.ya?ml$", s.policy_file)) && try(fileexists(s.policy_file), false) && basename(dirname(s.policy_file)) == name])
    error_message = "Of one of the schools there is no policy file, or it is not in a folder called as the school, such as ../oak/policy.yaml for oak."
  }

  validation {
    condition     = alltrue([for s in values(var.schools) : !try(fileexists(s.policy_file), false) || try(length(filebase64(s.policy_file)) < 65536 * 4 / 3, false)])
    error_message = "One of the policy files is larger than the 64 KiB that Secret Manager takes."
  }

  validation {
    condition = alltrue([for s in values(var.schools) : try(alltrue([
      for r in concat([for who in ["pupils", "staff"] : try(yamldecode(file(s.policy_file))[who].roll, null)], [for o in try(yamldecode(file(s.policy_file)).others, []) : try(o.roll, null)]) : !can(r.csv)
    ]), true)])
    error_message = "A roll of one of the schools is a CSV file beside its policy (roll: {csv: …}), and in the container no file lies beside the policy. Put the list on Google Drive where the workspace administrator can open it, best as a Google spreadsheet, and write roll: {drive: ID, columns: …} into that policy; the id is the long last part of its link."
  }

  validation {
    condition = alltrue([for name, s in var.schools : !try(fileexists(s.policy_file), false) || try(
      lower(try(yamldecode(file(s.policy_file)).school.id, yamldecode(file(s.policy_file)).school.domains[0])) == name && dirname(yamldecode(file(s.policy_file)).inherits) == "../trust", false
    )])
    error_message = "The policy of one of the schools has another short name (school: {id: …}), or does not inherit the trust's file (inherits: ../trust/trust.yaml)."
  }
}

variable "trust_file" {
  description = "Path of the trust's file, in a folder called trust, such as ../trust/trust.yaml. It lists the schools: `schools: [../oak/policy.yaml, ../ash/policy.yaml]`. Empty for one school."
  type        = string
  default     = ""

  validation {
    condition     = (var.trust_file == "") == (length(var.schools) == 0)
    error_message = "A trust needs both, trust_file and schools, and neither is of use alone."
  }

  validation {
    condition     = var.trust_file == "" || can(regex("\\.ya?ml$", var.trust_file)) && try(fileexists(var.trust_file), false) && basename(dirname(var.trust_file)) == "trust" && try(length(filebase64(var.trust_file)) < 65536 * 4 / 3, false)
    error_message = "There is no such file, it is not in a folder called trust, or it is larger than the 64 KiB that Secret Manager takes."
  }

  validation {
    condition = var.trust_file == "" || try(alltrue([
      for r in concat([for who in ["pupils", "staff"] : try(yamldecode(file(var.trust_file)).policy[who].roll, null)], [for o in try(yamldecode(file(var.trust_file)).policy.others, []) : try(o.roll, null)]) : !can(r.csv)
    ]), true)
    error_message = "A roll that the schools take over from the trust's file is a CSV file (roll: {csv: …}), and in the container no file lies beside a policy. Put the list on Google Drive where the workspace administrator can open it, and write roll: {drive: ID, columns: …}; the id is the long last part of its link."
  }

  validation {
    condition = var.trust_file == "" || !try(fileexists(var.trust_file), false) || try(
      toset(yamldecode(file(var.trust_file)).schools) == toset([for name, s in var.schools : "../${name}/${basename(s.policy_file)}"]) &&
      alltrue([for s in values(var.schools) : basename(yamldecode(file(s.policy_file)).inherits) == basename(var.trust_file)]), false
    )
    error_message = "The trust's file lists other schools than the variable schools does, or one of them inherits another file. It names each as ../SHORT-NAME/policy.yaml."
  }
}

variable "tasks" {
  description = "How many tasks of the worker's job share the schools of a trust out, side by side. Each takes whole schools."
  type        = number
  default     = 1

  validation {
    condition     = var.tasks >= 1 && var.tasks <= max(1, length(var.schools)) && floor(var.tasks) == var.tasks
    error_message = "A whole number from 1 to the number of schools: one school is never shared out."
  }
}

variable "mail_sender" {
  description = "The school mailbox that mails are sent from, such as esafetybot@school.example. A mailbox of its own is best."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.mail_sender))
    error_message = "This is not a mail address. It must be an account of the school's own Google Workspace, because mail goes out as that account."
  }
}

variable "google_admin" {
  description = "The administrator acted as for reading the Directory; empty takes the policy's workspace administrator. Settings are shown to a super administrator only."
  type        = string
  default     = ""

  validation {
    condition     = var.google_admin == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.google_admin))
    error_message = "This is not a mail address."
  }
}

variable "alert_addresses" {
  description = "Who is told by Google when a job failed or did not run: whoever looks after the program, best with a deputy."
  type        = list(string)

  validation {
    condition     = length(var.alert_addresses) > 0
    error_message = "Somebody has to hear of it when nothing runs any more: give at least one address."
  }

  validation {
    condition     = alltrue([for a in var.alert_addresses : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", a))])
    error_message = "One of these is not a mail address."
  }
}

variable "image" {
  description = "The container image, as `ko build` printed it. Empty the first time: then there is a registry to put it in, and nothing runs yet."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("^[a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Give the image with its digest, as `ko build` prints it (REGION-docker.pkg.dev/PROJECT/esafetybot/esafetybot@sha256:…): a tag may mean another image tomorrow."
  }
}

variable "oauth_client_id" {
  description = "The id of the review site's OAuth client (Google Cloud console › APIs and services › Credentials). Empty: no review site."
  type        = string
  default     = ""

  validation {
    condition     = var.oauth_client_id == "" || can(regex("^[0-9]+-[a-z0-9]+\\.apps\\.googleusercontent\\.com$", var.oauth_client_id))
    error_message = "A client id looks like 123456789012-abc….apps.googleusercontent.com."
  }
}

variable "oauth_client_secret" {
  description = "The secret of that client. Give it in the environment (TF_VAR_oauth_client_secret): it is kept in Secret Manager only, not in Terraform's state."
  type        = string
  default     = ""
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = (var.oauth_client_secret == "") == (var.oauth_client_id == "")
    error_message = "The review site needs both, oauth_client_id and oauth_client_secret, and neither is of use alone."
  }
}

variable "site_key" {
  description = "The key of the review site's cookies: 32 random bytes in base64 (`openssl rand -base64 32`). Give it in the environment (TF_VAR_site_key)."
  type        = string
  default     = ""
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.site_key == "" || can(regex("^[A-Za-z0-9+/]{43}=$", var.site_key))
    error_message = "The key is 32 bytes in base64, 44 characters that end in =. Make one with: openssl rand -base64 32"
  }

  validation {
    condition     = (var.site_key == "") == (var.oauth_client_id == "")
    error_message = "The review site needs oauth_client_id and site_key, and neither is of use alone."
  }
}

variable "secrets_version" {
  description = "Add one when oauth_client_secret or site_key has changed: Terraform does not see what they are."
  type        = number
  default     = 1

  validation {
    condition     = var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version
    error_message = "Count up from 1."
  }
}

variable "base_url" {
  description = "The review site's own address, if a domain of the school's leads to it. Empty takes the one that Cloud Run gives. Of a trust it must be given, with {school} where a school's short name goes: https://{school}.review.trust.example."
  type        = string
  default     = ""

  validation {
    condition     = var.base_url == "" || can(regex("^https://[a-z0-9.-]*(\\{school\\})?[a-z0-9.-]+$", var.base_url))
    error_message = "The address begins with https:// and has no path and no slash at the end, such as https://review.school.example."
  }

  validation {
    condition     = length(var.schools) > 0 ? (var.base_url == "" ? var.oauth_client_id == "" : strcontains(var.base_url, "{school}")) : !strcontains(var.base_url, "{")
    error_message = "Each school of a trust has a review site with a host of its own: write {school} where its short name goes, as in https://{school}.review.trust.example. For one school write the address itself."
  }
}

variable "load_balancer" {
  description = "Make what gives the review site the address base_url, or of a trust one for each school: an external load balancer with an address and certificates of Google's. Never free of charge."
  type        = bool
  default     = false

  validation {
    condition     = !var.load_balancer || var.base_url != ""
    error_message = "A load balancer leads a host of the school's to the review site: give base_url too, such as https://review.school.example, or of a trust https://{school}.review.trust.example."
  }

  validation {
    condition     = !var.load_balancer || length(var.schools) <= 14
    error_message = "One load balancer carries 15 certificates: those of 14 schools and of the trust's own pages. For more make it yourself, with a wildcard certificate (docs/deploy.md, “Hosts”)."
  }
}

variable "receiver_image" {
  description = "The image of the receivers that Google and others push to, with its digest. Empty: no receivers, and what happens is found at the next tick."
  type        = string
  default     = ""

  validation {
    condition     = var.receiver_image == "" || can(regex("^[a-z0-9.-]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}$", var.receiver_image))
    error_message = "Give the image with its digest, as `ko build` prints it."
  }
}

variable "hooks_keys" {
  description = "The keys that sign the tokens of Google's notification channels, with commas between them; the first signs (`openssl rand -hex 32`). Give it in the environment (TF_VAR_hooks_keys)."
  type        = string
  default     = ""
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.hooks_keys == "" || can(regex("^[!-+\\--~]{32,}(,[!-+\\--~]{32,}){0,3}$", var.hooks_keys))
    error_message = "Up to four keys of at least 32 letters, digits and signs each, with commas and no blanks between them. Make one with: openssl rand -hex 32"
  }

  validation {
    condition     = (var.hooks_keys == "") == (var.receiver_image == "")
    error_message = "The receivers need receiver_image and hooks_keys, and neither is of use alone."
  }
}

variable "dojo_relay" {
  description = "The receivers also take what a forwarder of ClassDojo's mails tells (docs/classdojo.md)."
  type        = bool
  default     = false
}

variable "dojo_relay_keys" {
  description = "That forwarder's keys, with commas between them. Give it in the environment (TF_VAR_dojo_relay_keys)."
  type        = string
  default     = ""
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = (var.dojo_relay_keys == "") == !var.dojo_relay
    error_message = "The relay needs dojo_relay = true and dojo_relay_keys, and neither is of use alone."
  }

  validation {
    condition     = var.dojo_relay_keys == "" || length(var.schools) <= 1
    error_message = "The relay serves one school, so that no school's forwarder can tell of another: a trust runs none here."
  }
}

variable "pubsub_account" {
  description = "The service account by which a Pub/Sub subscription of yours authenticates its pushes to the receivers. Empty: no push of Pub/Sub is taken."
  type        = string
  default     = ""

  validation {
    condition     = var.pubsub_account == "" || can(regex("^[a-z0-9-]+@[a-z0-9.-]+\\.iam\\.gserviceaccount\\.com$", var.pubsub_account))
    error_message = "A service account looks like pusher@YOUR-PROJECT.iam.gserviceaccount.com."
  }
}

variable "may_change" {
  description = "List the scopes that change things among those to delegate. Only once a clause of the policy says propose or fix."
  type        = bool
  default     = false
}

variable "post_reminders" {
  description = "List the scope that posts reminders in Classroom among those to delegate. Only once a reminder of the policy says `through: classroom`. It lets the worker write announcements in the name of a class's teacher, and change and delete those that it wrote."
  type        = bool
  default     = false
}

variable "ticks" {
  description = "When the worker looks whether something is due, in unix-cron and the school's time. The first three schedules of a billing account cost nothing."
  type        = map(string)
  default = {
    school-day = "*/15 7-17 * * 1-5"
    night      = "5 0-6,18-23 * * 1-5"
    weekend    = "5 * * * 0,6"
  }

  validation {
    condition     = length(var.ticks) > 0 && alltrue([for name, when in var.ticks : can(regex("^[a-z][a-z0-9-]{0,30}$", name)) && can(regex("^[0-9*/,-]+( [0-9*/,-]+){4}$", when))])
    error_message = "Give at least one schedule: a name of small letters, and five fields such as \"*/15 7-17 * * 1-5\" (minute, hour, day, month, weekday)."
  }
}

variable "time_zone" {
  description = "The school's time zone, as in its policy."
  type        = string
  default     = "Europe/London"

  validation {
    condition     = can(regex("^[A-Z][A-Za-z_]+/[A-Za-z_/-]+$", var.time_zone))
    error_message = "A time zone looks like Europe/London."
  }
}

variable "longest_run" {
  description = "Seconds after which a run is stopped; it goes on from its last checkpoint at the next tick. The first run reads every Drive in full."
  type        = number
  default     = 21600

  validation {
    condition     = var.longest_run >= 600 && var.longest_run <= 79200 && floor(var.longest_run) == var.longest_run
    error_message = "Between 600 (ten minutes) and 79200 (22 hours)."
  }
}

variable "memory" {
  description = "Memory of the worker."
  type        = string
  default     = "512Mi"

  validation {
    condition     = contains(["512Mi", "1Gi", "2Gi", "4Gi"], var.memory)
    error_message = "One of 512Mi, 1Gi, 2Gi and 4Gi. 512Mi does for some thousand accounts."
  }
}

variable "point_in_time_recovery" {
  description = "Keep what the main database held at any time of the last seven days. Never free of charge."
  type        = bool
  default     = false
}

variable "billing_account" {
  description = "The billing account, for a budget that writes a mail when it is half used up, nearly, and wholly. Empty: no budget."
  type        = string
  default     = ""

  validation {
    condition     = var.billing_account == "" || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "A billing account looks like 0A1B2C-3D4E5F-678901 (Google Cloud console › Billing)."
  }
}

variable "monthly_budget" {
  description = "The budget, whole units of the billing account's own currency a month."
  type        = number
  default     = 5

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "A whole number from 1."
  }
}

variable "otel" {
  description = "Where worker, review site and receivers tell numbers and traces of their own work: OpenTelemetry's variables, such as { OTEL_EXPORTER_OTLP_ENDPOINT = \"https://collector.school.example:4318\" }. Empty: nowhere."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for k in keys(var.otel) : can(regex("^OTEL_[A-Z_]+$", k)) && !endswith(k, "_HEADERS")])
    error_message = "Variables whose names begin with OTEL_. Headers hold a secret, which Terraform's notes would keep: let the collector know the worker by something else."
  }
}
