"""All services. Importing this applies their patches to moto."""

import pkgutil
from importlib import import_module

from local_aws import (
    application_autoscaling,
    backup,
    dynamodb,
    eventbridge,
    iam,
    kms,
    lambda_functions,
    scheduler,
    sns,
    sqs,
    step_functions,
    xray,
)

for _service in (
    application_autoscaling,
    backup,
    dynamodb,
    eventbridge,
    iam,
    kms,
    lambda_functions,
    scheduler,
    sns,
    sqs,
    step_functions,
    xray,
):
    for _module in pkgutil.iter_modules(_service.__path__, f"{_service.__name__}."):
        import_module(_module.name)
