"""What a schema is rendered in for others is what others take it for: OpenAPI 3.1 and AsyncAPI 3.0 by their validators."""
import json
import sys
import warnings

warnings.simplefilter("ignore")  # asyncapi3 has fields named `schema`.

from asyncapi3.models import AsyncAPI3
from openapi_spec_validator import OpenAPIV31SpecValidator

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if "openapi" in document:
        errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
        assert not errors, (path, errors)
    else:
        AsyncAPI3.model_validate(document)
