package io.tocsin.match;

/** A test that a statement asks; `number` tells it from the others of its thread. */
record Asked(int number, Test test) {
    boolean passes(Value value) {
        try {
            return test.expensive() ? value.passes(test, number) : test.passes(value);
        } catch (Costly never) {
            throw new IllegalStateException("a test of a statement has no bound", never);
        }
    }
}
