package io.tocsin.match;

/** Some of many tests passes. As one test its result is kept with the value. */
record AnyOf(Test[] tests) implements Test {
    @Override
    public boolean passes(Value value) throws Costly {
        for (Test test : tests) {
            if (test.passes(value)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean expensive() {
        return true;
    }
}
