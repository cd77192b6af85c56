await save(key="a", value=1, site=1)
y = await lookup(key=K, site=2)
K = "a"
