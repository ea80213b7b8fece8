"""Notifications in chat, through Amazon Q Developer in chat applications.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

from typing import Any

from rotator.report.execution import EndedExecution
from rotator.report.message import Message


def chat_notification(message: Message, execution: EndedExecution) -> dict[str, Any]:
    """The message in AWS's custom notification schema."""
    facts = "\n".join(f"*{name}*: {value}" for name, value in message.facts.items())
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": message.subject,
            "description": f"{message.summary}\n\n{facts}",
            "nextSteps": [
                f"{step.when}\n```{step.command}```" if step.command else step.when for step in message.next_steps
            ],
            "keywords": [execution.rule, execution.source_table],
        },
        # A redriven rotation continues the thread of its failure.
        "metadata": {"threadId": execution.name, "summary": message.subject, "eventType": execution.status},
    }
