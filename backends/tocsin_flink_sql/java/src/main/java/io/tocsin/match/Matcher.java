package io.tocsin.match;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Which detections of a pack match an event.
 *
 * <p>For every detection atoms are chosen of which one must hold; only detections that one suggests
 * are evaluated, exactly. The rarest atoms are chosen, as counted on the first events. Not
 * thread-safe: each thread has its own.
 */
public final class Matcher {
    static final int SAMPLE = 2000;

    /** Why an event is not evaluated by a detection that is isolated. */
    static final String ISOLATED = "isolated: it takes too long on the events of its source";

    private final Pack pack;
    private final Event event;
    private final Detection[] detections;
    private final int[] asked;
    private int[] always = Index.NONE;
    private Sample sample;
    private final Budget budget;
    private Map<Atom, Double> frequencies = Map.of();

    private int[] found = new int[16];
    private int count;
    private final Map<String, String> failures = new TreeMap<>();

    /** Detections that were evaluated so far; a measure of how well atoms were chosen. */
    private long evaluated;

    public Matcher(Pack pack) {
        this(pack, System::nanoTime);
    }

    Matcher(Pack pack, LongSupplier clock) {
        this.pack = pack;
        event = new Event(pack.fields.fold, pack.fields.root, pack.fields.anywhere);
        detections = pack.detections.toArray(Detection[]::new);
        asked = new int[detections.length];
        budget = new Budget(detections.length, clock);
        choose();
        sample = pack.atoms.isEmpty() ? null : new Sample(pack.atoms);
    }

    private void choose() {
        Witnesses witnesses = new Witnesses(a -> frequencies.getOrDefault(a, a.guess()));
        Index.Builder builder = new Index.Builder();
        int[] unguarded = new int[detections.length];
        int n = 0;
        for (int i = 0; i < detections.length; i++) {
            if (budget.heavy(i)) {
                continue;
            }
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
        Map<ValuePlace, Index> made = new HashMap<>(builder.build(this::automaton, budget));
        for (ValuePlace place : pack.fields.root.all()) {
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
        long start = System.nanoTime();
        int isolated = budget.isolated().length;
        event.read(bytes);
        evaluate(always);
        for (int i = 0; i < event.suggestions; i++) {
            evaluate(event.suggested[i]);
        }
        budget.event(System.nanoTime() - start);
        for (int i = 0; i < isolated; i++) {
            evaluateIsolated(budget.isolated()[i]);
        }
        if (isolated < budget.isolated().length) {
            choose();
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
            frequencies = sample.frequencies(pack.fields.fold);
            sample = null;
            choose();
        }
    }

    private void evaluate(int[] candidates) {
        for (int candidate : candidates) {
            if (asked[candidate] != event.sequence && !budget.heavy(candidate)) {
                asked[candidate] = event.sequence;
                if (!budget.watching()) {
                    evaluate(candidate);
                    continue;
                }
                budget.charge(candidate, timed(candidate));
            }
        }
    }

    private void evaluate(int candidate) {
        evaluated++;
        if (holds(candidate)) {
            if (count == found.length) {
                found = Arrays.copyOf(found, count * 2);
            }
            found[count++] = candidate;
        }
    }

    private long timed(int candidate) {
        long start = Budget.computing();
        evaluate(candidate);
        return Budget.computing() - start;
    }

    /** Evaluates a detection that is isolated, unless it has used up its time. */
    private void evaluateIsolated(int candidate) {
        if (budget.allows()) {
            budget.pay(timed(candidate));
        } else if (concerns(detections[candidate])) {
            failures.put(detections[candidate].id(), ISOLATED);
        }
    }

    private boolean concerns(Detection detection) {
        try {
            return detection.where().holds(event);
        } catch (Costly end) {
            return true;
        }
    }

    private boolean holds(int candidate) {
        Detection detection = detections[candidate];
        try {
            return detection.holds(event);
        } catch (Costly end) {
            failures.put(detection.id(), end.getMessage());
        } catch (RuntimeException | StackOverflowError bug) {
            failures.put(detection.id(), "it cannot be evaluated: " + bug);
        }
        return false;
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
        Clock clock = detections[found[n]].clock();
        return clock == null ? null : Moment.iso(clock.of(event));
    }

    /** What identifies the event for a detection that matches. */
    public String eventId(int n) {
        return Identity.of(event, detections[found[n]].identity());
    }

    /** Detections that could not be evaluated, and why. */
    public Map<String, String> failures() {
        return failures;
    }

    /** Ids of the detections that are isolated, as they take too long. */
    public List<String> isolatedIds() {
        return Arrays.stream(budget.isolated()).mapToObj(i -> detections[i].id()).toList();
    }

    /** How many they are. */
    public int isolated() {
        return budget.isolated().length;
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
