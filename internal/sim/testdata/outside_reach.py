#!/usr/bin/python3
"""What people outside the school can reach in Drive, recomputed from Google's API alone.

A third opinion beside the sharing check and `sim truth`: it speaks to the API as any client
does, with Debian's python3-googleapi, and applies the rules of docs/rules.md whose subject is a
file: public, public-link, outside-person, outside-group, outside-domain, trusted-domain, site,
form-editors, form-responders. It prints a JSON array of {"subject", "rule", "facts"}, sorted.

  outside_reach.py --credentials key.json --admin it@school.example --domains school.example \
      [--trusted trust.example] [--units /Oak,/Elm] [--now 2026-05-04T08:00:00Z] \
      [--base http://127.0.0.1:8080 | --proxy http://127.0.0.1:8081 --ca ca.pem]

With --base the discovery documents and the API are read from there; without it from Google's
own names, through --proxy if one is given. Exit 1 means that something could not be read; what,
by id and never by address, is said on standard error.
"""
import argparse
import datetime
import json
import sys
import urllib.parse

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account
from googleapiclient import discovery
from googleapiclient.errors import HttpError

SCOPES = ["https://www.googleapis.com/auth/" + s for s in (
    "admin.directory.user.readonly", "admin.directory.orgunit.readonly",
    "admin.directory.group.readonly", "admin.directory.group.member.readonly", "drive.readonly")]
APPS = "application/vnd.google-apps."
ROLES = ["", "reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"]
PERMISSION = ("id,type,role,emailAddress,domain,allowFileDiscovery,expirationTime,deleted,"
              "pendingOwner,view,permissionDetails")
FILE = "id,mimeType,parents,driveId,trashed,owners(emailAddress)"


class Api:
    """Clients of the API, one for each subject, and what they could not read."""

    def __init__(self, args):
        self.args, self.documents, self.not_seen = args, {}, []
        self.key = service_account.Credentials.from_service_account_file(args.credentials, scopes=SCOPES)

    def http(self):
        proxy = None
        if self.args.proxy:
            p = urllib.parse.urlparse(self.args.proxy)
            proxy = httplib2.ProxyInfo(httplib2.socks.PROXY_TYPE_HTTP, p.hostname, p.port)
        return httplib2.Http(ca_certs=self.args.ca, proxy_info=proxy, timeout=60)

    def document(self, name, version):
        """The discovery document, pointed at --base if there is one."""
        if (name, version) not in self.documents:
            root = self.args.base.rstrip("/") if self.args.base else "https://www.googleapis.com"
            url = "%s/discovery/v1/apis/%s/%s/rest" % (root, name, version)
            response, body = self.http().request(url)
            if response.status != 200:
                sys.exit("discovery of %s %s answered %d" % (name, version, response.status))
            doc = json.loads(body.decode("utf-8"))
            if self.args.base:
                doc["rootUrl"] = root + "/"
            self.documents[name, version] = doc
        return self.documents[name, version]

    def client(self, name, version, subject):
        http = google_auth_httplib2.AuthorizedHttp(self.key.with_subject(subject), http=self.http())
        return discovery.build_from_document(self.document(name, version), http=http)

    def all(self, what, collection, key, **params):
        """Every page of collection.list; what names it where it cannot be read."""
        out, request = [], collection.list(**params)
        try:
            while request is not None:
                page = request.execute(num_retries=4)
                if page.get("incompleteSearch"):
                    self.not_seen.append(what + ": incomplete search")
                out += page.get(key, [])
                request = collection.list_next(request, page)
        except HttpError as e:
            self.not_seen.append("%s: HTTP %s" % (what, e.resp.status))
        except Exception as e:  # a token that is refused, a line that is cut
            self.not_seen.append("%s: %s" % (what, type(e).__name__))
        return out


class School:
    """Who is how near, from the Directory and the arguments."""

    def __init__(self, api, args):
        self.units = args.units
        self.domains, self.trusted = args.domains, args.trusted
        directory = api.client("admin", "directory_v1", args.admin)
        self.directory, self.api = directory, api
        self.accounts = api.all("users", directory.users(), "users", customer="my_customer", maxResults=500)
        self.users = {a: u for u in self.accounts for a in addresses(u, "primaryEmail")}
        groups = api.all("groups", directory.groups(), "groups", customer="my_customer", maxResults=200)
        self.groups = {a: g for g in groups for a in addresses(g, "email")}
        self.paths = {}
        if "/" not in self.units:
            try:
                answer = directory.orgunits().list(customerId="my_customer", type="all").execute(num_retries=4)
                for unit in answer.get("organizationUnits", []):
                    self.paths[bare(unit["orgUnitId"])] = unit["orgUnitPath"]
            except HttpError as e:
                api.not_seen.append("orgunits: HTTP %s" % e.resp.status)

    def ours(self, path):
        return any(u == "/" or path == u or path.startswith(u + "/") for u in self.units)

    def our_drive(self, drive):
        unit = drive.get("orgUnitId")
        return not unit or "/" in self.units or self.ours(self.paths.get(bare(unit), "no such unit"))

    def near(self, grant):
        """outside, trusted, or "" for whoever is no matter for a file rule."""
        if grant["type"] == "domain":
            domain = grant.get("domain", "").lower()
            if domain.endswith(".audience.googledomains.com"):
                return ""
        else:
            address = grant.get("emailAddress", "").lower()
            if grant["type"] == "user" and address in self.users:
                return "outside" if self.users[address].get("isGuestUser") else ""
            if grant["type"] == "group" and address in self.groups:
                return ""
            domain = address.rpartition("@")[2]
        if domain in self.domains:
            return ""
        return "trusted" if domain in self.trusted else "outside"

    def someone_in(self, members):
        """An account that is a member of a drive, by itself or by a group of ours."""
        members = sorted(members, key=lambda p: -ROLES.index(p["role"]))
        for p in members:
            address = p.get("emailAddress", "").lower()
            if p["type"] == "user" and usable(self.users.get(address)):
                return self.users[address]["primaryEmail"]
        wait = [p["emailAddress"].lower() for p in members if p["type"] == "group" and not p.get("deleted")]
        been = set()
        while wait:
            group = self.groups.get(wait.pop())
            if group is None or group["id"] in been:
                continue
            been.add(group["id"])
            for m in self.api.all("group/" + group["id"], self.directory.members(), "members", groupKey=group["id"]):
                address = m.get("email", "").lower()
                if usable(self.users.get(address)):
                    return self.users[address]["primaryEmail"]
                wait.append(address)
        return None


def usable(user):
    return user is not None and not (user.get("suspended") or user.get("archived") or user.get("isGuestUser"))


def addresses(resource, first):
    return [a.lower() for a in [resource[first]] + resource.get("aliases", []) + resource.get("nonEditableAliases", [])]


def bare(unit):
    return unit[3:] if unit.startswith("id:") else unit


def read_items(api, args, school):
    """Every item looked at, by id, with its permissions."""
    items, places = {}, {}
    for user in school.accounts:
        if not school.ours(user["orgUnitPath"]) or user.get("isGuestUser"):
            continue
        files = api.client("drive", "v3", user["primaryEmail"]).files()
        for f in api.all("user/" + user["id"], files, "files", q="'me' in owners and trashed = false", pageSize=100,
                         includePermissionsForView="published",
                         fields="nextPageToken,incompleteSearch,files(%s,permissions(%s))" % (FILE, PERMISSION)):
            owner = (f.get("owners") or [{}])[0].get("emailAddress", "").lower()
            if not f.get("driveId") and school.users.get(owner) is user:
                items[f["id"]] = f
        # Google hides a folder from owners of items in it who may not see it; those who may see it tell.
        for f in api.all("user/" + user["id"] + " (shared)", files, "files", q="trashed = false", pageSize=1000,
                         fields="nextPageToken,incompleteSearch,files(id,parents)"):
            if f.get("parents"):
                places[f["id"]] = f["parents"]
    for f in items.values():
        f.setdefault("parents", places.get(f["id"], []))
    admin = api.client("drive", "v3", args.admin)
    for drive in api.all("drives", admin.drives(), "drives", useDomainAdminAccess=True, pageSize=100,
                         fields="nextPageToken,drives(id,orgUnitId)"):
        if not school.our_drive(drive):
            continue
        name = "drive/" + drive["id"]
        members = api.all(name, admin.permissions(), "permissions", fileId=drive["id"], supportsAllDrives=True,
                          useDomainAdminAccess=True, pageSize=100, fields="nextPageToken,permissions(%s)" % PERMISSION)
        someone = school.someone_in([p for p in members if counts(p, args.now)])
        if someone is None:
            api.not_seen.append(name + ": no account is a member")
            continue
        client = api.client("drive", "v3", someone)
        for f in api.all(name, client.files(), "files", corpora="drive", driveId=drive["id"], q="trashed = false",
                         includeItemsFromAllDrives=True, supportsAllDrives=True, pageSize=1000,
                         fields="nextPageToken,incompleteSearch,files(%s)" % FILE):
            f["permissions"] = api.all("file/" + f["id"], client.permissions(), "permissions", fileId=f["id"],
                                       supportsAllDrives=True, includePermissionsForView="published", pageSize=100,
                                       fields="nextPageToken,permissions(%s)" % PERMISSION)
            items[f["id"]] = f
    return {i: f for i, f in items.items() if not f.get("trashed") and f["mimeType"] != APPS + "shortcut"}


def moment(text):
    text = text.upper().replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).astimezone(datetime.timezone.utc)


def details(p):
    return [d for d in p.get("permissionDetails", []) if d.get("permissionType") != "member"]


def counts(p, now):
    over = p.get("expirationTime") and moment(p["expirationTime"]) <= now
    return not (p.get("deleted") or over or p.get("view") == "metadata" or p["role"] == "owner")


def item_grants(f, now):
    """The permissions of an item that count."""
    return [p for p in f.get("permissions", []) if counts(p, now) and (details(p) or not p.get("permissionDetails"))]


def own_role(p):
    """The direct role of a permission that is the item's own, else None."""
    if not p.get("permissionDetails"):
        return p["role"]
    def best(inherited):
        return max([ROLES.index(d["role"]) for d in details(p) if bool(d.get("inherited")) == inherited] or [0])
    return ROLES[best(False)] if best(False) > best(True) else None


def is_cause(f, p, items, now):
    """Whether the grant p of f comes from nowhere higher up."""
    if own_role(p):
        return True
    if f.get("driveId"):
        return False
    for parent in f.get("parents", []):
        above = items.get(parent)
        if above and not above.get("driveId"):
            if any(q["id"] == p["id"] and q.get("view") == p.get("view") for q in item_grants(above, now)):
                return False
    return True


def rule(f, p, role, school):
    kind, view = f["mimeType"], p.get("view")
    near = "outside" if p["type"] == "anyone" else school.near(p)
    if near == "trusted":
        return "trusted-domain"
    if near != "outside":
        return None
    if view == "published" and kind == APPS + "site":
        return "site"
    if view == "published" and kind == APPS + "form":
        return "form-responders"
    if view != "published" and kind == APPS + "form" and ROLES.index(role) >= ROLES.index("writer"):
        return "form-editors"
    if p["type"] == "anyone":
        return "public" if p.get("allowFileDiscovery") else "public-link"
    return {"user": "outside-person", "group": "outside-group", "domain": "outside-domain"}.get(p["type"])


def fact(p, role):
    who = {"anyone": "anyone" if p.get("allowFileDiscovery") else "anyone-with-link",
           "domain": "domain/" + p.get("domain", "").lower()}.get(p["type"], p["type"] + "/" + p["id"])
    until = ""
    if p.get("expirationTime"):
        until = " until " + moment(p["expirationTime"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    return who + " " + role + until + (" pending-owner" if p.get("pendingOwner") else "")


def judge(items, school, now):
    found = {}
    for f in items.values():
        for p in item_grants(f, now):
            if is_cause(f, p, items, now):
                role = own_role(p) or p["role"]
                name = rule(f, p, role, school)
                if name:
                    found.setdefault(("file/" + f["id"], "sharing." + name), set()).add(fact(p, role))
    return [{"subject": s, "rule": r, "facts": sorted(found[s, r])} for s, r in sorted(found)]


def main():
    def names(text):
        return [w.strip() for w in text.split(",") if w.strip()]

    def lower(text):
        return names(text.lower())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--credentials", required=True)
    parser.add_argument("--admin", required=True)
    parser.add_argument("--base")
    parser.add_argument("--proxy")
    parser.add_argument("--ca")
    parser.add_argument("--domains", type=lower, required=True)
    parser.add_argument("--trusted", type=lower, default=[])
    parser.add_argument("--units", type=names, default=["/"])
    parser.add_argument("--now", type=moment, default=datetime.datetime.now(datetime.timezone.utc))
    args = parser.parse_args()
    api = Api(args)
    school = School(api, args)
    items = read_items(api, args, school)
    print(json.dumps(judge(items, school, args.now), indent=1))
    for what in api.not_seen:
        print("not seen: " + what, file=sys.stderr)
    sys.exit(1 if api.not_seen else 0)


if __name__ == "__main__":
    main()
