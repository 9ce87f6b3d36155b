//! Laws of the neutral model: what a dialect can say, it says so that reading it gives back what was said.

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

use super::model::*;
use super::notes::Notes;
use super::object::Object;
use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_request_written_and_read_again_asks_for_the_same(asked in requests(), wire in callers()) {
        let asked = fit(asked, wire);
        let order = order(wire);
        let notes = Notes::default();
        let written = write_request(&asked, &order, &notes).to_string();
        let dropped = notes.settle(Lossy::Refuse);
        prop_assert!(dropped.as_ref().is_ok_and(Vec::is_empty), "{:?}", dropped);
        let notes = Notes::default();
        let read = read_request(wire, written.as_bytes(), &notes).unwrap();
        let dropped = notes.settle(Lossy::Refuse);
        let told: Vec<_> = dropped.unwrap().into_iter().filter(|it| it.field != "store").collect();
        prop_assert!(told.is_empty(), "{:?} of {}", told, written);
        prop_assert_eq!(bare(read), bare(asked), "{}", written);
    }

    #[test]
    fn an_answer_written_and_read_again_says_the_same(reply in replies(), wire in callers()) {
        let reply = Reply { tokens: counted_by(wire, reply.tokens), ..reply };
        let back = Back::new(&order(wire), true);
        let notes = Notes::of_answer();
        let written = match wire {
            Wire::Chat | Wire::Converse => chat::write_reply(&reply, &back.frame, &notes),
            Wire::Responses => responses::write_reply(&reply, &back.frame, &notes),
            Wire::Messages => messages::write_reply(&reply, &back.frame, &notes),
            Wire::Gemini => gemini::write_reply(&reply, &back.frame, &notes),
        };
        let read = back::read_reply(wire, written.to_string().as_bytes(), &notes).unwrap();
        prop_assert_eq!(plain(read), plain(reply), "{}", written);
    }

    #[test]
    fn a_stream_written_and_read_again_says_the_same(reply in replies(), wire in callers(), vendor in callers()) {
        // The answer as a document makes a stream of `wire`, and that one again of `vendor`.
        let reply = Reply { tokens: counted_by(wire, counted_by(vendor, reply.tokens)), ..reply };
        let first = Back { from: wire, ..Back::new(&order(wire), true) };
        let mut stream = Vec::new();
        let mut writer = first.stream();
        replay::replay(&reply, &mut |it| writer.say(it, &mut stream));
        let second = Back { from: vendor, to: wire, ..first };
        let mut translated = Vec::new();
        let mut reader = second.stream();
        reader.push(&stream, &mut translated);
        reader.finish(&mut translated);
        prop_assert!(reader.said_all(), "{}", String::from_utf8_lossy(&stream));
        prop_assert_eq!(reader.usage(), reply.tokens.map(crate::Usage::from));
        let third = Back { from: Wire::Chat, to: vendor, ..second };
        let mut collected = Collected::default();
        third.stream().read_all(&translated, &mut |it| collected.add(it));
        prop_assert_eq!(plain(collected.reply), plain(reply), "{}", String::from_utf8_lossy(&translated));
    }

    #[test]
    fn no_body_makes_anything_panic(body in bodies(), from in callers(), to in prop::sample::select(Wire::ALL.to_vec())) {
        let body = body.to_string();
        for lossy in [Lossy::Refuse, Lossy::Drop] {
            let order = Order { from, to, lossy, ..order(from) };
            if let Ok(translated) = request(&order, body.as_bytes()) {
                prop_assert!(serde_json::from_slice::<Value>(&translated.body).is_ok());
            }
            let _ = super::count(&order, body.as_bytes());
        }
        let _ = needs(from, body.as_bytes());
        let back = Back { from, to, ..Back::new(&order(from), true) };
        if let Ok(answered) = back.answer(body.as_bytes()) {
            prop_assert!(serde_json::from_slice::<Value>(&answered.body).is_ok());
        }
        prop_assert!(serde_json::from_slice::<Value>(&back.error(500, body.as_bytes())).is_ok());
        let mut events = Vec::new();
        for _ in 0..2 {
            events.extend_from_slice(format!("data: {body}\n\n").as_bytes());
            let kind = serde_json::from_str::<Value>(&body).ok();
            let kind = kind.as_ref().and_then(|it| it["type"].as_str()).unwrap_or("contentBlockDelta").to_owned();
            if to == Wire::Converse {
                events = [events.split_off(events.len()), event_frame("event", &kind, body.as_bytes())].concat();
            }
        }
        let (mut stream, mut out) = (back.stream(), Vec::new());
        stream.push(&events, &mut out);
        stream.finish(&mut out);
        prop_assert!(std::str::from_utf8(&out).is_ok());
    }
}

fn order(wire: Wire) -> Order<'static> {
    let kind = if wire == Wire::Messages { Kind::Anthropic } else { Kind::OpenAi };
    Order {
        from: wire,
        to: wire,
        kind,
        model: "a-model",
        stream: false,
        lossy: Lossy::Refuse,
        max_tokens: None,
        request_id: "r",
        created: 1,
    }
}

// What can be said.

fn callers() -> impl Strategy<Value = Wire> {
    prop::sample::select(Wire::CALLERS.to_vec())
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just("plain words".to_owned()), "[a-z é\"\\\\\n\u{1F600}<>]{0,12}x"]
}

fn piece(part: Part) -> Piece {
    Piece { part, field: String::new() }
}

fn named<T>(value: T) -> Named<T> {
    Named { value, field: String::new() }
}

fn arguments() -> impl Strategy<Value = String> {
    words().prop_map(|it| json!({ "town": it, "n": 1 }).to_string())
}

fn media() -> impl Strategy<Value = Media> {
    let data = prop_oneof![
        Just(Data::Base64("aGk=".to_owned())),
        Just(Data::Url("https://example.org/a.png".to_owned())),
    ];
    data.prop_map(|data| Media { kind: "image/png".into(), data })
}

/// A turn of the user's and one of the model's, whose calls the next user's turn answers.
fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let says = (words(), prop::option::of(media()));
    let answers =
        (prop::option::of(words()), prop::collection::vec((arguments(), words(), any::<bool>()), 0..3));
    let thought = prop::option::of(words());
    prop::collection::vec((says, thought, answers), 1..4).prop_map(|rounds| {
        let mut turns = Vec::new();
        let mut waiting: Vec<Piece> = Vec::new();
        for (round, ((text, picture), thought, (answer, calls))) in rounds.into_iter().enumerate() {
            let mut user = std::mem::take(&mut waiting);
            user.push(piece(Part::text(text)));
            user.extend(picture.map(|it| piece(Part::Image(it))));
            turns.push(Turn { role: Role::User, pieces: user });
            let mut model = Vec::new();
            model.extend(thought.map(|text| {
                let seal = Some(Seal { origin: Wire::Chat, data: "c2ln".into() });
                piece(Part::Thought(Thought { text, seal, hidden: false }))
            }));
            let is_silent = answer.is_none() && calls.is_empty();
            model.extend(answer.or(is_silent.then(|| "ok".into())).map(|it| piece(Part::text(it))));
            for (n, (arguments, outcome, failed)) in calls.into_iter().enumerate() {
                let id = format!("call_{round}_{n}");
                model.push(piece(Part::Call(Call { id: id.clone(), name: format!("tool_{n}"), arguments })));
                let pieces = vec![piece(Part::text(outcome))];
                waiting.push(piece(Part::Outcome(Outcome { id, pieces, failed })));
            }
            turns.push(Turn { role: Role::Assistant, pieces: model });
        }
        waiting.push(piece(Part::text("go on")));
        turns.push(Turn { role: Role::User, pieces: waiting });
        turns
    })
}

fn requests() -> impl Strategy<Value = Request> {
    let tool = (words(), any::<bool>()).prop_map(|(description, strict)| Tool {
        name: "tool_0".into(),
        description: Some(description),
        parameters: json!({ "type": "object", "properties": { "town": { "type": "string" } } }),
        strict: strict.then(|| named(true)),
    });
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Any),
        Just(ToolChoice::One("tool_0".into())),
    ];
    let format = prop::option::of(Just(named(Format::Schema(Schema {
        name: None,
        description: None,
        schema: json!({ "type": "object" }),
        strict: Some(true),
    }))));
    let number = || prop::option::of((1u64..1000).prop_map(|it| named(Number::from(it))));
    let half = || prop::option::of(Just(named(Number::from_f64(0.5).unwrap())));
    let level = prop::option::of(prop::sample::select(vec![Level::Low, Level::Medium, Level::High]));
    let tools =
        (prop::collection::vec(tool, 0..2), prop::option::of(choice), prop::option::of(any::<bool>()));
    let sampling = (number(), half(), half(), number(), number(), half(), half());
    let rest = (format, level, prop::option::of(words()), prop::option::of(words()));
    (prop::option::of(words()), turns(), tools, sampling, rest).prop_map(
        |(system, turns, (tools, choice, parallel), sampling, (format, level, stop, user))| {
            let (max_tokens, temperature, top_p, top_k, seed, presence, frequency) = sampling;
            let has_tools = !tools.is_empty();
            Request {
                system: system.map(|it| piece(Part::text(it))).into_iter().collect(),
                turns,
                tools,
                tool_choice: choice.filter(|_| has_tools).map(named),
                parallel: parallel.filter(|_| has_tools).map(named),
                format,
                max_tokens: max_tokens.or_else(|| Some(named(Number::from(7)))),
                temperature,
                top_p,
                top_k,
                seed,
                presence_penalty: presence,
                frequency_penalty: frequency,
                stop: stop.map(|it| named(vec![it])),
                thinking: level.map(|it| named(Thinking { level: Some(it), ..Thinking::default() })),
                verbosity: None,
                user: user.map(named),
                include_usage: false,
            }
        },
    )
}

/// Without what a dialect has no words for.
fn fit(mut asked: Request, wire: Wire) -> Request {
    let knows = |wires: &[Wire]| wires.contains(&wire);
    if !knows(&[Wire::Messages, Wire::Gemini]) {
        asked.top_k = None;
    }
    if !knows(&[Wire::Chat, Wire::Gemini]) {
        (asked.seed, asked.presence_penalty, asked.frequency_penalty) = (None, None, None);
    }
    if knows(&[Wire::Responses]) {
        asked.stop = None;
    }
    if knows(&[Wire::Gemini]) {
        asked.user = None;
        asked.tools.iter_mut().for_each(|it| it.strict = None);
        asked.parallel = None;
    }
    if knows(&[Wire::Messages]) {
        // It says this with the choice, and of "none" nothing needs saying.
        let is_none = asked.tool_choice.as_ref().is_some_and(|it| it.value == ToolChoice::None);
        asked.parallel = asked.parallel.filter(|it| !it.value && !is_none);
        if asked.parallel.is_some() && asked.tool_choice.is_none() {
            asked.tool_choice = Some(named(ToolChoice::Auto));
        }
    }
    let keeps = |it: &mut Piece| match &mut it.part {
        Part::Thought(thought) => {
            thought.seal = Some(Seal { origin: wire, data: "c2ln".into() });
            matches!(wire, Wire::Messages | Wire::Responses)
        }
        Part::Outcome(outcome) => {
            outcome.failed &= matches!(wire, Wire::Messages | Wire::Gemini);
            true
        }
        _ => true,
    };
    asked.turns.iter_mut().for_each(|it| it.pieces.retain_mut(keeps));
    asked
}

/// Without the names of fields and of schemas, speakers joined.
fn bare(mut asked: Request) -> Value {
    let mut turns: Vec<(Role, Vec<String>)> = Vec::new();
    for turn in asked.turns.drain(..) {
        let said = turn
            .pieces
            .into_iter()
            .map(|it| without_field(it.part))
            .filter(|it| !it.starts_with("Thought(Thought { text: \"\", seal: Some"));
        match turns.last_mut() {
            Some(last) if last.0 == turn.role => last.1.extend(said),
            _ => turns.push((turn.role, said.collect())),
        }
    }
    let number = |it: Option<Named<Number>>| it.map(|it| it.value);
    let format = asked.format.map(|it| match it.value {
        Format::Json => Value::Null,
        Format::Schema(it) => json!([it.schema, it.strict]),
    });
    json!({
        "system": asked.system.into_iter().map(|it| without_field(it.part)).collect::<Vec<_>>(),
        "turns": turns.into_iter().map(|(role, said)| json!([format!("{role:?}"), said])).collect::<Vec<_>>(),
        "tools": asked.tools.into_iter().map(|it| json!([it.name, it.description, it.parameters, it.strict.is_some()])).collect::<Vec<_>>(),
        "choice": asked.tool_choice.map(|it| format!("{:?}", it.value)),
        "parallel": asked.parallel.map(|it| it.value),
        "format": format,
        "numbers": [
            number(asked.max_tokens), number(asked.temperature), number(asked.top_p), number(asked.top_k),
            number(asked.seed), number(asked.presence_penalty), number(asked.frequency_penalty),
        ],
        "stop": asked.stop.map(|it| it.value),
        "thinking": asked.thinking.and_then(|it| it.value.level()).map(Level::name),
        "user": asked.user.map(|it| it.value),
    })
}

fn without_field(part: Part) -> String {
    match part {
        Part::Outcome(it) => {
            let pieces: Vec<String> = it.pieces.into_iter().map(|it| without_field(it.part)).collect();
            format!("outcome {} {} {pieces:?}", it.id, it.failed)
        }
        Part::Call(it) => format!("call {} {} {}", it.id, it.name, it.input()),
        part => format!("{part:?}"),
    }
}

fn replies() -> impl Strategy<Value = Reply> {
    let thought = prop::option::of((words(), prop::option::of(prop::sample::select(Wire::ALL.to_vec()))));
    let calls = prop::collection::vec(arguments(), 0..3);
    let tokens = (0u64..1000, 0u64..1000, 0u64..1000, 0u64..1000).prop_map(|(a, b, c, d)| Tokens {
        input: a + b,
        cached: b,
        stored: 0,
        output: c + d,
        reasoning: d,
    });
    (thought, prop::option::of(words()), calls, tokens, any::<bool>()).prop_map(
        |(thought, text, calls, tokens, cut)| {
            let mut pieces = Vec::new();
            pieces.extend(thought.map(|(text, origin)| {
                let seal = origin.map(|origin| Seal { origin, data: "c2ln".into() });
                piece(Part::Thought(Thought { text, seal, hidden: false }))
            }));
            let text = text.or_else(|| calls.is_empty().then(|| "ok".into()));
            pieces.extend(text.map(|it| piece(Part::text(it))));
            let stop = match calls.is_empty() {
                false => Stop::Tools,
                true if cut => Stop::Length,
                true => Stop::End,
            };
            for (n, arguments) in calls.into_iter().enumerate() {
                pieces.push(piece(Part::Call(Call {
                    id: format!("call_{n}"),
                    name: format!("tool_{n}"),
                    arguments,
                })));
            }
            Reply { id: None, model: Some("a-model".into()), pieces, stop, tokens: Some(tokens) }
        },
    )
}

/// Anthropic does not count thoughts.
fn counted_by(wire: Wire, tokens: Option<Tokens>) -> Option<Tokens> {
    tokens.map(|it| if wire == Wire::Messages { Tokens { reasoning: 0, ..it } } else { it })
}

/// What a reply says, whatever it was cut into.
fn plain(reply: Reply) -> Value {
    let (mut text, mut thought, mut seals, mut calls) =
        (String::new(), String::new(), Vec::new(), Vec::new());
    for it in reply.pieces {
        match it.part {
            Part::Text { text: said, .. } => text.push_str(&said),
            Part::Thought(it) => {
                thought.push_str(&it.text);
                seals.extend(it.seal.map(|it| format!("{} {}", it.origin, it.data)));
            }
            Part::Call(it) => calls.push(json!([it.id, it.name, it.input()])),
            other => panic!("{other:?}"),
        }
    }
    let tokens = reply.tokens.map(|it| [it.input, it.cached, it.output, it.reasoning]);
    json!({
        "text": text, "thought": thought, "seals": seals, "calls": calls,
        "stop": format!("{:?}", reply.stop), "tokens": tokens, "model": reply.model,
    })
}

#[derive(Default)]
struct Collected {
    reply: Reply,
}

impl Collected {
    fn add(&mut self, said: Said<'_>) {
        let mut push = |part: Part| self.reply.pieces.push(piece(part));
        match said {
            Said::Begin { model, .. } => self.reply.model = model.map(str::to_owned),
            Said::Text(text) => push(Part::text(text)),
            Said::Thought(text) => {
                push(Part::Thought(Thought { text: text.to_owned(), ..Thought::default() }));
            }
            Said::Seal(seal) | Said::Hidden(seal) => {
                push(Part::Thought(Thought { seal: Some(seal), ..Thought::default() }));
            }
            Said::Call { id, name, .. } => {
                push(Part::Call(Call { id: id.to_owned(), name: name.to_owned(), arguments: String::new() }));
            }
            Said::Arguments { call, json } => {
                let mut calls = self.reply.pieces.iter_mut().filter_map(|it| match &mut it.part {
                    Part::Call(it) => Some(it),
                    _ => None,
                });
                calls.nth(call).unwrap().arguments.push_str(json);
            }
            Said::Tokens(tokens) => self.reply.tokens.get_or_insert_default().merge(tokens),
            Said::Stop(stop) => self.reply.stop = stop,
            Said::Break | Said::Done | Said::Refusal(_) | Said::Citation(_) => {}
            Said::Failed { .. } => panic!("it failed"),
        }
    }
}

// What nobody should say: any JSON made of the words of all dialects.

fn bodies() -> impl Strategy<Value = Value> {
    const NAMES: &[&str] = &[
        "type",
        "role",
        "content",
        "messages",
        "input",
        "contents",
        "parts",
        "text",
        "system",
        "tools",
        "function",
        "name",
        "parameters",
        "input_schema",
        "functionDeclarations",
        "tool_calls",
        "id",
        "call_id",
        "arguments",
        "tool_use_id",
        "functionCall",
        "functionResponse",
        "response",
        "args",
        "thoughtSignature",
        "thought",
        "thinking",
        "signature",
        "image_url",
        "url",
        "source",
        "data",
        "media_type",
        "inlineData",
        "fileData",
        "file",
        "choices",
        "delta",
        "index",
        "finish_reason",
        "usage",
        "candidates",
        "usageMetadata",
        "finishReason",
        "output",
        "item",
        "output_index",
        "summary",
        "encrypted_content",
        "content_block",
        "partial_json",
        "message",
        "stop_reason",
        "error",
        "code",
        "start",
        "toolUse",
        "contentBlockIndex",
        "reasoningContent",
        "stopReason",
        "generationConfig",
        "thinkingConfig",
        "response_format",
        "json_schema",
        "schema",
        "output_config",
        "format",
        "reasoning",
        "effort",
        "tool_choice",
        "toolConfig",
        "stop",
        "temperature",
        "max_tokens",
        "citations",
        "annotations",
        "groundingMetadata",
        "reasoning_details",
        "annotation",
    ];
    const WORDS: &[&str] = &[
        "",
        "user",
        "assistant",
        "model",
        "tool",
        "text",
        "function",
        "message",
        "function_call",
        "function_call_output",
        "reasoning",
        "tool_use",
        "tool_result",
        "thinking",
        "redacted_thinking",
        "image",
        "document",
        "base64",
        "url",
        "image_url",
        "data:image/png;base64,AA==",
        "data:x,y",
        "json_schema",
        "json_object",
        "auto",
        "high",
        "stop",
        "tool_calls",
        "content_block_start",
        "content_block_delta",
        "message_start",
        "message_delta",
        "message_stop",
        "response.created",
        "response.output_item.added",
        "response.output_item.done",
        "response.completed",
        "response.function_call_arguments.delta",
        "response.output_text.delta",
        "contentBlockStart",
        "messageStop",
        "é#",
        "metadata",
        "gemini#x",
        "MALFORMED_FUNCTION_CALL",
        "STOP",
        "by name x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1.5)),
        (0u64..3).prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    let inner = leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(NAMES, inner.clone()),
            object(NAMES, inner),
        ]
    });
    object(NAMES, inner)
}

fn object(
    names: &'static [&'static str],
    inner: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    prop::collection::vec((prop::sample::select(names), inner), 0..8).prop_map(|fields| {
        let fields: Map<String, Value> = fields.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        Value::Object(fields)
    })
}

#[test]
fn a_foreign_seal_keeps_its_origin_in_every_dialect() {
    for origin in Wire::ALL {
        for wire in Wire::ALL {
            let seal = Seal { origin, data: "c2ln+/=#é".into() };
            assert_eq!(Seal::read(&seal.written(wire), wire), seal, "{origin} in {wire}");
        }
    }
}

#[test]
fn an_object_that_was_not_looked_at_is_told() {
    let notes = Notes::default();
    let mut it =
        Object::new(json!({ "a": 1, "b": { "c": [] }, "d": null, "e": false, "f": {} }), "x", &notes)
            .unwrap();
    assert_eq!(it.number("a").and_then(|it| it.as_u64()), Some(1));
    it.done();
    let problems = notes.settle(Lossy::Drop).unwrap();
    assert_eq!(problems.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["x.b"]);
}
