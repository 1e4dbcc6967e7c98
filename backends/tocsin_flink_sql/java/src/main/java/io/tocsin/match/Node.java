package io.tocsin.match;

import java.util.Arrays;
import java.util.Comparator;

/** A condition on an event. */
interface Node {
    boolean holds(Event event) throws Costly;

    /** Cheap conditions come first in an `and`. */
    int rank();

    /** Always true, or always false. */
    record Const(boolean value) implements Node {
        @Override
        public boolean holds(Event event) {
            return value;
        }

        @Override
        public int rank() {
            return 0;
        }
    }

    /** Does not hold. */
    record Not(Node below) implements Node {
        @Override
        public boolean holds(Event event) throws Costly {
            return !below.holds(event);
        }

        @Override
        public int rank() {
            return below.rank();
        }
    }

    /** Conditions that must all hold, or one of which must. */
    final class Many implements Node {
        final boolean all;
        final Node[] below;

        Many(boolean all, Node[] below) {
            this.all = all;
            this.below = below.clone();
            Arrays.sort(this.below, Comparator.comparingInt(Node::rank));
        }

        @Override
        public boolean holds(Event event) throws Costly {
            for (Node node : below) {
                if (node.holds(event) != all) {
                    return !all;
                }
            }
            return all;
        }

        @Override
        public int rank() {
            return below[below.length - 1].rank() + 1;
        }
    }
}
