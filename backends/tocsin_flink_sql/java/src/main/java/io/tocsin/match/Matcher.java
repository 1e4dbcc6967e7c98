package io.tocsin.match;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which detections of a pack match an event.
 *
 * <p>For every detection atoms are chosen of which one must hold; only detections that one suggests
 * are evaluated, exactly. The rarest atoms are chosen, as counted on the first events. Not
 * thread-safe: each thread has its own.
 */
public final class Matcher {
    static final int SAMPLE = 2000;

    private final Pack pack;
    private final Event event;
    private final Detection[] detections;
    private final int[] asked;
    private int[] always = Index.NONE;
    private Sample sample;

    private int[] found = new int[16];
    private int count;
    private final Map<String, String> failures = new TreeMap<>();

    /** Detections that were evaluated so far; a measure of how well atoms were chosen. */
    private long evaluated;

    public Matcher(Pack pack) {
        this.pack = pack;
        event = new Event(pack.fields.fold, pack.fields.root, pack.fields.anywhere);
        detections = pack.detections.toArray(Detection[]::new);
        asked = new int[detections.length];
        choose(Map.of());
        sample = pack.atoms.isEmpty() ? null : new Sample(pack.atoms);
    }

    private void choose(Map<Atom, Double> frequencies) {
        Witnesses witnesses = new Witnesses(a -> frequencies.getOrDefault(a, a.guess()));
        Index.Builder builder = new Index.Builder();
        int[] unguarded = new int[detections.length];
        int n = 0;
        for (int i = 0; i < detections.length; i++) {
            Witnesses.Choice choice = chosen(detections[i], witnesses, !frequencies.isEmpty());
            if (choice == null) {
                unguarded[n++] = i;
                continue;
            }
            for (Atom atom : choice.atoms()) {
                builder.add(atom, i);
            }
        }
        always = Arrays.copyOf(unguarded, n);
        Map<Place, Index> made = new HashMap<>(builder.build(this::automaton));
        for (Place place : pack.fields.root.all()) {
            place.index = made.remove(place);
            place.cache.clear();
        }
        pack.fields.anywhere.index = made.remove(pack.fields.anywhere);
    }

    /** Before any event was seen, what selects a log source counts as frequent. */
    private static Witnesses.Choice chosen(Detection of, Witnesses witnesses, boolean counted) {
        Node where = of.where().node;
        Witnesses.Choice own = counted ? null : witnesses.of(of.condition());
        return own != null ? own : witnesses.of(new Node.Many(true, new Node[] {where, of.condition()}));
    }

    private Automaton automaton(List<String> literals) {
        return Automaton.of(literals, pack.fields.fold);
    }

    /**
     * Reads an event and evaluates it; what was found is told by the other methods.
     *
     * @return how many detections match
     * @throws Refused where the bytes are no event
     */
    public int match(byte[] bytes) throws Refused {
        count = 0;
        if (!failures.isEmpty()) {
            failures.clear();
        }
        event.read(bytes);
        evaluate(always);
        for (int i = 0; i < event.suggestions; i++) {
            evaluate(event.suggested[i]);
        }
        if (sample != null) {
            learn();
        }
        if (count > 1) {
            Arrays.sort(found, 0, count);
        }
        return count;
    }

    private void learn() {
        sample.add(event);
        if (sample.events() == SAMPLE) {
            choose(sample.frequencies(pack.fields.fold));
            sample = null;
        }
    }

    private void evaluate(int[] candidates) {
        for (int candidate : candidates) {
            if (asked[candidate] != event.turn) {
                asked[candidate] = event.turn;
                evaluated++;
                if (holds(detections[candidate])) {
                    if (count == found.length) {
                        found = Arrays.copyOf(found, count * 2);
                    }
                    found[count++] = candidate;
                }
            }
        }
    }

    private boolean holds(Detection detection) {
        try {
            return detection.holds(event);
        } catch (Costly end) {
            failures.put(detection.id(), end.getMessage());
            return false;
        }
    }

    /** Id of a detection that matches. */
    public String id(int n) {
        return detections[found[n]].id();
    }

    /** Logic of a detection that matches. */
    public String logic(int n) {
        return detections[found[n]].logic();
    }

    /** Time of the event for a detection that matches, ISO 8601 in UTC; null if it tells none. */
    public String time(int n) {
        Field field = detections[found[n]].time();
        Place place = field == null ? null : field.of(event);
        return place == null || place.kind != Place.Kind.ONE ? null : Moment.iso(place.one.text);
    }

    /** Detections that could not be evaluated, and why. */
    public Map<String, String> failures() {
        return failures;
    }

    public long evaluated() {
        return evaluated;
    }

    public String source() {
        return pack.source;
    }

    public int size() {
        return detections.length;
    }
}
