"""The errors of Lambda itself that a state machine retries."""

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html and
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
FAILURES = {
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
}

# Throttling, and a function that was idle for so long that Lambda has to prepare it again
# (https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html and
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
NOT_READY = {
    "Lambda.CodeArtifactUserPendingException",
    "Lambda.EC2ThrottledException",
    "Lambda.ENINotReadyException",
    "Lambda.ResourceConflictException",
    "Lambda.ResourceNotReadyException",
    "Lambda.TooManyRequestsException",
}
