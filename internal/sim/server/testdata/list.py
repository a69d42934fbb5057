"""Lists what a simulated school holds with Google's own Python client, through the proxy: python3 list.py KEY CA PROXY USER ADMIN.

Prints JSON: the files and permissions that USER sees, the users and Drive audit records that ADMIN sees.
"""
import json
import sys
from urllib.parse import urlsplit

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account
from googleapiclient.discovery import build

key, ca, proxy, user, admin = sys.argv[1:]
at = urlsplit(proxy)


def http():
    # 3 is CONNECT (httplib2.socks.PROXY_TYPE_HTTP)
    return httplib2.Http(ca_certs=ca, proxy_info=httplib2.ProxyInfo(3, at.hostname, at.port, proxy_rdns=True))


def service(api, version, subject, scope):
    credentials = service_account.Credentials.from_service_account_file(
        key, scopes=["https://www.googleapis.com/auth/" + scope], subject=subject)
    return build(api, version, http=google_auth_httplib2.AuthorizedHttp(credentials, http=http()), cache_discovery=False)


def pages(resource, call, name):
    out = []
    while call is not None:
        answer = call.execute()
        out += answer.get(name, [])
        call = resource.list_next(call, answer)
    return out


drive = service("drive", "v3", user, "drive.metadata.readonly")
files = pages(drive.files(), drive.files().list(
    q="'me' in owners and trashed=false", fields="nextPageToken,files(id,name,permissions(id,role))"), "files")
for f in files:
    f["listed"] = drive.permissions().list(fileId=f["id"], fields="permissions(id,role)").execute()["permissions"]
directory = service("admin", "directory_v1", admin, "admin.directory.user.readonly")
users = pages(directory.users(), directory.users().list(customer="my_customer", maxResults=2), "users")
reports = service("admin", "reports_v1", admin, "admin.reports.audit.readonly")
activities = pages(reports.activities(), reports.activities().list(userKey="all", applicationName="drive", maxResults=2), "items")
json.dump({
    "files": {f["id"]: f["name"] for f in files},
    "permissions": {f["id"]: sorted(p["id"] + " " + p["role"] for p in f["listed"]) for f in files},
    "same": all(f.get("permissions") == f["listed"] for f in files),
    "users": sorted(u["primaryEmail"] for u in users),
    "events": [e["name"] for a in reversed(activities) for e in a["events"]],
}, sys.stdout)
