package io.tocsin.match;

/** The text forms of a field in an event, each with what was found out about it. */
public final class Texts {
    final Value[] values;

    /** What stands for these texts outside; null until somebody sets it. */
    private Object handed;

    Texts(Value[] values) {
        this.values = values;
    }

    public int count() {
        return values.length;
    }

    public String get(int number) {
        return values[number].text;
    }

    public Object handed() {
        return handed;
    }

    public void hand(Object out) {
        handed = out;
    }

    boolean pass(Asked asked) {
        for (Value value : values) {
            if (asked.passes(value)) {
                return true;
            }
        }
        return false;
    }

    boolean compare(String how, boolean cased, Texts others) {
        for (Value value : values) {
            for (Value other : others.values) {
                if (Leaf.Compares.compares(
                        how, cased ? value.text : value.folded, cased ? other.text : other.folded)) {
                    return true;
                }
            }
        }
        return false;
    }
}
