package io.tocsin.match;

import java.util.List;

/**
 * One detection of a pack.
 *
 * @param identity fields that identify an event together; none, its content does
 * @param where selects the events of its log source; many detections share it
 */
record Detection(
        String id,
        String logic,
        String source,
        Clock clock,
        List<Field> identity,
        Where where,
        Node condition) {
    /** A condition that is asked once an event. */
    static final class Where {
        final Node node;
        private int answeredFor;
        private boolean answer;

        Where(Node node) {
            this.node = node;
        }

        boolean holds(Event event) throws Costly {
            if (answeredFor != event.sequence) {
                answer = node.holds(event);
                answeredFor = event.sequence;
            }
            return answer;
        }
    }

    boolean holds(Event event) throws Costly {
        return where.holds(event) && condition.holds(event);
    }
}
