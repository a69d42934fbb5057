output "client_id" {
  description = "To paste in the Admin console (Security › Access and data control › API controls › Domain-wide delegation): the client id."
  value       = google_service_account.identity["worker"].unique_id
}

output "scopes" {
  description = "And the scopes, in one line: all that some policy may need. `doctor --fix-list` lists those that your own clauses need."
  value       = join(",", sort(concat(local.program.scopes.reading, var.post_reminders ? local.program.scopes.posting : [], var.may_change ? local.program.scopes.changing : [])))
}

output "image_repository" {
  description = "For ko: export KO_DOCKER_REPO=…"
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "site_url" {
  description = "The review site's address: the origin of its OAuth client. Of a trust see sites."
  value       = local.site_url
}

output "sites" {
  description = "The address of each school's review site, by short name; of a trust those of its own pages too (trust). Each host has to lead to the service esafetybot-site."
  value       = local.sites
}

output "site_address" {
  description = "With load_balancer: the IP address to which the name of each site has to lead (an A record each)."
  value       = local.balancer ? google_compute_global_address.site[0].address : ""
}

output "redirect_uri" {
  description = "The redirect addresses of the review sites' OAuth client, one a line."
  value       = join("\n", [for name in sort(keys(local.sites)) : "${local.sites[name]}/sign-in/done"])
}

output "receiver_url" {
  description = "The receivers' address, with /hooks/google, /hooks/pubsub and /classdojo/relay below it."
  value       = local.receiver_url
}

output "next" {
  description = "What to do now."
  value = (
    !local.run ? "Build the image (docs/deploy.md, step 5), put it into terraform.tfvars as image, and apply again." :
    !local.site ? "The worker runs. Delegate the scopes to client_id if you have not (step 4). For the review site: make its OAuth client (step 7) and apply again." :
    "Worker and review site run. Open site_url and sign in."
  )
}
