"""What reports know of the state machine, by which they tell how far a rotation got."""

HOOK_STEPS = frozenset({"Run Hook Function", "Run Hook State Machine"})
START_STEPS = frozenset({"Start Restore", "Start Restore Job"})
STEPS_BEFORE_RESTORE = START_STEPS | {"Native Recovery Point?", "Wait To Start Over"}
CHECK_STEP = "Check Restore Status"
SWITCH_STEP = "Update SSM Parameter"
STEPS_AFTER_SWITCH = frozenset({"Retention Requested?", "Delete Old Tables", "Rotation Complete"})
# The function may have done its work, or AWS what the function asked for, without anybody knowing.
ERRORS_WITHOUT_RESPONSE = frozenset(
    {
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.Unknown",
        "Runtime.ExitError",
        "Sandbox.Timedout",
        "States.Timeout",
        "TemporaryFailure",
    }
)
