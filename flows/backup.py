"""Back the store up."""

from prefect import flow

from tasks.care import back_up, drop_old_backups


@flow(name="back-up-store", validate_parameters=False)
async def back_up_store(keep: int = 14) -> str:
    """Copy the database while it is in use, and remove the oldest copies.

    Args:
        keep: How many copies stay.
    """
    copy = await back_up()
    await drop_old_backups(keep)
    return copy
