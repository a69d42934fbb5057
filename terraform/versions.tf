terraform {
  required_version = ">= 1.11" # secrets are handed over without being kept in the state (write-only arguments)

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.35, < 8"
    }
  }

  # Where the state is kept: see "Where Terraform keeps its notes" in docs/deploy.md. Without a backend it is a file beside this one.
  # backend "gcs" {
  #   bucket = "YOUR-BUCKET"
  #   prefix = "esafetybot"
  # }
}

provider "google" {
  project               = var.project
  region                = var.region
  billing_project       = var.project
  user_project_override = true # budgets are asked for in the name of a project
}
