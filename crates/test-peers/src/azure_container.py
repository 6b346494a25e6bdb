"""Makes a container at an Azure blob service, and prints a signature (SAS) that reads and lists it.

Usage: azure_container.py ENDPOINT KEY CONTAINER
"""

import base64
import email.utils
import hashlib
import hmac
import sys
import urllib.parse
import urllib.request

endpoint, key, container = sys.argv[1:]
account = endpoint.rsplit("/", 1)[1]


def sign(text):
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


version = "2021-12-02"
date = email.utils.formatdate(usegmt=True)
# https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
parts = ["PUT"] + [""] * 11 + [
    f"x-ms-date:{date}",
    f"x-ms-version:{version}",
    f"/{account}/{account}/{container}",
    "restype:container",
]
request = urllib.request.Request(f"{endpoint}/{container}?restype=container", method="PUT", data=b"")
# Without a body there is no length to sign.
request.remove_header("Content-length")
for name, value in {
    "x-ms-date": date,
    "x-ms-version": version,
    "Content-Type": "",
    "Authorization": f"SharedKey {account}:{sign(chr(10).join(parts))}",
}.items():
    request.add_header(name, value)
urllib.request.urlopen(request)

# https://learn.microsoft.com/rest/api/storageservices/create-service-sas
expiry = "2099-01-01T00:00:00Z"
fields = ["rl", "", expiry, f"/blob/{account}/{container}", "", "", "", version, "c", "", "", "", "", "", "", ""]
pairs = {"sp": "rl", "se": expiry, "sv": version, "sr": "c", "sig": sign("\n".join(fields))}
print(urllib.parse.urlencode(pairs))
