"""ChargePoint web services 5.x: a vendor's cloud that is asked and told by SOAP."""
