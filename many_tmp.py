import sys; sys.path.insert(0,"/tmp/wt/dram/tests/dram")
from test_dram_equivalence import *
@settings(max_examples=4000, suppress_health_check=SLOW, deadline=None, database=None)
@given(st.data())
def f(data):
    p = data.draw(memories()); check(p, data.draw(streams(p)))
f(); print("ok many")
