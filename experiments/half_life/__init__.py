"""How neurons die beyond the stability limit: is it exponential, from which rate on, with which half-life?"""
