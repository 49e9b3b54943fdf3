"""What drivers see and say through a browser: one desk behind both weights of the page, and SMS."""
