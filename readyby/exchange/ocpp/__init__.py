"""OCPP 1.6J: stations connect to the exchange by websocket, and are its charging network."""
