package io.tocsin.match;

/**
 * One detection of a pack.
 *
 * @param where selects the events of its log source; many detections share it
 */
record Detection(String id, String logic, String source, Clock clock, Where where, Node condition) {
    /** A condition that is asked once an event. */
    static final class Where {
        final Node node;
        private int turn;
        private boolean answer;

        Where(Node node) {
            this.node = node;
        }

        boolean holds(Event event) throws Costly {
            if (turn != event.turn) {
                answer = node.holds(event);
                turn = event.turn;
            }
            return answer;
        }
    }

    boolean holds(Event event) throws Costly {
        return where.holds(event) && condition.holds(event);
    }
}
