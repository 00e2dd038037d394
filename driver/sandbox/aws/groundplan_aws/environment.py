"""What moto reads from the environment. Imported before moto, and nothing else sets any of it."""

import os

for name in [name for name in os.environ if name.startswith(("MOTO_", "TEST_SERVER_MODE"))]:
    del os.environ[name]

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
