package io.tocsin.match;

/** What a text must satisfy. */
interface Test {
    boolean passes(Value value) throws Costly;

    /** Whether it costs more than a look into a list of answers. */
    default boolean expensive() {
        return false;
    }
}
