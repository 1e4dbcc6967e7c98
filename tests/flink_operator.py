"""The fields of a FlinkDeployment that we use, as the Flink Kubernetes Operator takes them.

After its custom resource definition `flinkdeployments.flink.apache.org`, v1beta1, of operator 1.14
(github.com/apache/flink-kubernetes-operator, `helm/flink-kubernetes-operator/crds/`) and the checks
of its validator: a name of at most 45 characters, one job manager unless it is highly available,
no job in a session cluster. In our own words, and strict: a field that is not here fails.
"""

from __future__ import annotations

from typing import Any

_RESOURCE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["cpu", "memory"],
    "properties": {
        "cpu": {"type": "number", "exclusiveMinimum": 0},
        "memory": {"type": "string", "pattern": "^[0-9]+ ?(b|k|kb|m|mb|g|gb)$"},
        "ephemeralStorage": {"type": "string"},
    },
}

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}

FLINK_DEPLOYMENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "flink.apache.org/v1beta1"},
        "kind": {"const": "FlinkDeployment"},
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {
                    "type": "string",
                    "maxLength": 45,
                    "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$",
                },
                "labels": _TEXTS,
                "annotations": _TEXTS,
            },
        },
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["image", "flinkVersion", "serviceAccount", "jobManager", "taskManager"],
            "properties": {
                "image": {"type": "string", "minLength": 1},
                "imagePullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
                "flinkVersion": {"enum": ["v1_18", "v1_19", "v1_20", "v2_0", "v2_1", "v2_2"]},
                "mode": {"enum": ["native", "standalone"]},
                "serviceAccount": {"type": "string", "minLength": 1},
                "flinkConfiguration": _TEXTS,
                "podTemplate": {"type": "object"},  # a Pod: held against Kubernetes' own schema
                "jobManager": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["resource"],
                    "properties": {
                        "resource": _RESOURCE,
                        "replicas": {"type": "integer", "minimum": 1},
                    },
                },
                "taskManager": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["resource"],
                    "properties": {
                        "resource": _RESOURCE,
                        "replicas": {"type": "integer", "minimum": 1},
                    },
                },
            },
        },
    },
}
