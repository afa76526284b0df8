"""A command on its way to the cloud that its fridge is in."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    import names
    from activities.clouds import Clouds
    from domain.clouds import PostCommand
    from workflows.patience import for_another_cloud


@workflow.defn(name=names.CLOUD_COMMAND_WORKFLOW)
class CloudCommandWorkflow:
    """Posts one command, for as long as it lives; that it was not acknowledged is noticed by its fridge's workflow."""

    @workflow.run
    async def run(self, brief: PostCommand) -> str:
        """Until it is taken, declined or too late."""
        try:
            said = await workflow.execute_activity_method(
                Clouds.post_command, brief, **for_another_cloud("Post it to the other cloud")
            )
        except ActivityError:
            said = "It could not be posted in time."
        workflow.set_current_details(said)
        return said
