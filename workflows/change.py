"""One change of an item, an instruction or a rule: stored and told, whoever crashes meanwhile."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.changes import Changes
    from domain.changes import Change, Stored
    from workflows.patience import briefly


@workflow.defn
class ChangeWorkflow:
    """Stores one version of one subject and has it judged; the answer says whose change holds that version."""

    @workflow.run
    async def run(self, change: Change) -> Stored:
        """One activity, repeated until it works."""
        summary = f"Store version {change.version} of this {change.kind}"
        return await workflow.execute_activity_method(Changes.apply, change, **briefly(summary))
