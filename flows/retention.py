"""Forget what is old."""

from prefect import flow

from tasks.care import forget_old


@flow(name="forget-old-data", validate_parameters=False)
async def forget_old_data() -> str:
    """Delete personal data, messages, links and meter values that are older than the settings allow."""
    return await forget_old()
