"""The reference as an OpenAPI 3.1 document, for programs that read it: `/api/openapi.json`."""

from typing import Any

from orders.api import schemas as s
from orders.api.reference import DIALECTS, Dialect, Form
from orders.api.schemas import Schema

BODIES = ("application/json", "application/x-www-form-urlencoded")


def document(*, title: str) -> dict[str, Any]:
    """The whole document. An address has one operation, because the action stands in the body."""
    named: dict[str, Schema] = {"Error": s.thing(error=s.TEXT)}
    for dialect in DIALECTS:
        for form in dialect.forms:
            named[call_name(dialect, form)] = call_schema(form)
            named[answer_name(dialect, form)] = form.answer
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "servers": [{"url": "/"}],
        "paths": {dialect.path: {"post": operation(dialect)} for dialect in DIALECTS},
        "components": {"schemas": named},
    }


def call_name(dialect: Dialect, form: Form) -> str:
    return f"{dialect.name}-{form.ident}-call"


def answer_name(dialect: Dialect, form: Form) -> str:
    return f"{dialect.name}-{form.ident}-answer"


def operation(dialect: Dialect) -> dict[str, Any]:
    calls = {"anyOf": [_ref(call_name(dialect, form)) for form in dialect.forms]}
    answers = {"anyOf": [s.ERROR, *(_ref(answer_name(dialect, form)) for form in dialect.forms)]}
    return {
        "operationId": dialect.name,
        "summary": f"Every call of the dialect {dialect.name}",
        "requestBody": {"required": True, "content": {kind: {"schema": calls} for kind in BODIES}},
        "responses": {
            "200": {"description": "The answer, or an error of the business", "content": _json(answers)},
            "405": {"description": "Another method than POST", "content": _json(s.ERROR)},
            "429": {
                "description": "More calls than the rate allows",
                "headers": {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
                "content": _json(s.ERROR),
            },
        },
    }


def call_schema(form: Form) -> Schema:
    """A call of this form. Further fields are ignored, so they are allowed."""
    fields: dict[str, Schema] = {"key": {"type": "string"}, "action": s.exactly(form.action)}
    for parameter in form.parameters:
        fields[parameter.name] = {**parameter.schema, "description": str(parameter.words)}
    required = ["key", "action", *(p.name for p in form.parameters if p.required)]
    return {"type": "object", "title": str(form.title), "properties": fields, "required": required}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
