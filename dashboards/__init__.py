"""Windows: two Streamlit apps, the drivers' and the analysts'."""
