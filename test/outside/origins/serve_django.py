"""A Django project around the guides' own code, which is the app `people` in this folder."""
import os

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    AUTH_USER_MODEL="people.User",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "people.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "people"],
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of a test",
)
django.setup()

from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.urls import path
from people.views import clerk_test

urlpatterns = [path("api/users/clerk-test/", clerk_test), path("api/<path:rest>", lambda r, rest: clerk_test(r))]

call_command("migrate", run_syncdb=True, verbosity=0)
server = ThreadedWSGIServer(("127.0.0.1", int(os.environ["PORT"])), WSGIRequestHandler)
server.set_app(get_wsgi_application())
server.serve_forever()
