"""The edge to Prefect: runs make visible what happened; they decide nothing (D2, D3)."""
