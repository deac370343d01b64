"""Talks to a node with the official OpenAI client: what it understands, other programs will understand as well."""

import json
import os
import signal
import typing
import unittest

import openai
import pydantic

from node import node

ASK = [{"role": "user", "content": "Say hello."}]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Tells the weather.",
            "parameters": {
                "type": "object",
                "properties": {"place": {"enum": ["here", "there"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
                "required": ["place", "days"],
                "additionalProperties": False,
            },
        },
    },
    {"type": "function", "function": {"name": "get_time"}},
]


class Reading(pydantic.BaseModel):
    """What a structured answer is parsed into."""

    unit: typing.Literal["celsius", "kelvin"]
    sure: bool


class OpenAiClient(unittest.TestCase):
    """One node with a model for all tests, without retries that would hide a failure."""

    @classmethod
    def setUpClass(cls):
        cls.node = cls.enterClassContext(node(embedder="cls"))
        cls.client = openai.OpenAI(base_url=f"{cls.node.url}/v1", api_key=cls.node.token, max_retries=0)
        cls.model = next(model.id for model in cls.client.models.list() if model.task == "llm")

    def complete(self, **options):
        return self.client.chat.completions.create(**{"model": self.model, "messages": ASK, "max_tokens": 8, **options})

    def test_the_installed_model_is_listed_and_retrieved(self):
        self.assertEqual(self.client.models.retrieve(self.model).id, self.model)
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("gpt-4o")

    def test_a_plain_answer_counts_its_tokens(self):
        answer = self.complete()
        self.assertTrue(answer.choices[0].message.content)
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 8)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + 8)

    def test_a_streamed_answer_is_the_plain_one_in_pieces(self):
        plain = self.complete(temperature=0).choices[0].message.content
        chunks = list(self.complete(temperature=0, stream=True, stream_options={"include_usage": True}))
        pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        self.assertEqual("".join(pieces), plain)
        self.assertGreater(len([piece for piece in pieces if piece]), 1)
        self.assertEqual(chunks[-1].usage.completion_tokens, 8)
        self.assertEqual(chunks[-2].choices[0].finish_reason, "length")

    def test_a_seed_makes_an_answer_repeatable(self):
        one, two = (self.complete(temperature=1.5, seed=7).choices[0].message.content for _ in range(2))
        self.assertEqual(one, two)

    def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(self):
        whole = self.complete(temperature=0, max_tokens=16).choices[0].message.content
        stop = whole.split()[2]
        answer = self.complete(temperature=0, max_tokens=16, stop=stop).choices[0]
        self.assertEqual(answer.finish_reason, "stop")
        self.assertEqual(answer.message.content, whole.split(stop)[0])

    def test_wrong_values_name_their_field(self):
        for options, field in [
            ({"temperature": -1}, "temperature"),
            ({"top_p": 1e9}, "top_p"),
            ({"max_tokens": 0}, "max_tokens"),
            ({"messages": []}, "messages"),
            ({"messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
            ({"messages": "hi"}, "messages"),
        ]:
            with self.subTest(options=options), self.assertRaises(openai.UnprocessableEntityError) as raised:
                self.complete(**options)
            self.assertEqual(raised.exception.body["param"], field)

    def test_what_is_not_supported_is_refused_by_name(self):
        for options, field in [
            ({"presence_penalty": 1}, "presence_penalty"),
            ({"logit_bias": {"1": 5}}, "logit_bias"),
        ]:
            with self.subTest(options=options), self.assertRaises(openai.BadRequestError) as raised:
                self.complete(**options)
            self.assertEqual((raised.exception.body["param"], raised.exception.code), (field, "unsupported_parameter"))

    def test_several_answers_come_each_from_its_own_seed_and_the_prompt_is_counted_once(self):
        answer = self.complete(n=3, temperature=1.5, seed=1)
        self.assertEqual([choice.index for choice in answer.choices], [0, 1, 2])
        self.assertEqual(answer.usage.completion_tokens, 24)
        again = self.complete(temperature=1.5, seed=2).choices[0].message.content
        self.assertEqual(answer.choices[1].message.content, again)
        streamed = {}
        for chunk in self.complete(n=3, temperature=1.5, seed=1, stream=True):
            for choice in chunk.choices:
                streamed[choice.index] = streamed.get(choice.index, "") + (choice.delta.content or "")
        self.assertEqual(list(streamed.values()), [choice.message.content for choice in answer.choices])
        with self.assertRaises(openai.UnprocessableEntityError) as raised:
            self.complete(n=10_000)
        self.assertEqual(raised.exception.body["param"], "n")

    def test_probabilities_of_tokens_are_told_and_add_up_to_the_answer(self):
        plain = self.complete(temperature=0, logprobs=True, top_logprobs=3).choices[0]
        told = plain.logprobs.content
        self.assertEqual(b"".join(bytes(token.bytes) for token in told).decode().strip(), plain.message.content.strip())
        for token in told:
            self.assertEqual((len(token.top_logprobs), token.logprob), (3, token.top_logprobs[0].logprob))
            self.assertLessEqual(token.logprob, 0)
        *_, last = self.complete(temperature=0, logprobs=True, stream=True)
        self.assertEqual([token.token for token in last.choices[0].logprobs.content], [token.token for token in told])
        self.assertIsNone(self.complete().choices[0].logprobs)

    def test_a_structured_answer_is_what_its_schema_says(self):
        parsed = self.client.chat.completions.parse(
            model=self.model, messages=ASK, response_format=Reading, max_tokens=64, temperature=1.2
        ).choices[0]
        self.assertEqual(parsed.finish_reason, "stop")
        self.assertIn(parsed.message.parsed.unit, ("celsius", "kelvin"))
        schema = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "minItems": 2, "maxItems": 2}
        wanted = {"type": "json_schema", "json_schema": {"name": "pair", "schema": schema}}
        chunks = self.complete(stream=True, max_tokens=32, response_format=wanted)
        pair = json.loads("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
        self.assertTrue(len(pair) == 2 and all(0 <= number <= 9 for number in pair), pair)

    def test_a_schema_that_cannot_be_used_is_a_bad_request(self):
        for schema in ({"type": "poem"}, {"$ref": "#/nowhere"}, {"allOf": [{"type": "string"}, {"type": "number"}]}):
            wanted = {"type": "json_schema", "json_schema": {"name": "bad", "schema": schema}}
            with self.subTest(schema=schema), self.assertRaises(openai.BadRequestError) as raised:
                self.complete(response_format=wanted)
            self.assertEqual(raised.exception.code, "bad_schema")

    def test_a_required_tool_is_called_with_arguments_that_fit(self):
        for choice in ("required", {"type": "function", "function": {"name": "get_weather"}}):
            answer = self.complete(tools=TOOLS, tool_choice=choice, max_tokens=64).choices[0]
            self.assertEqual(answer.finish_reason, "tool_calls")
            (call,) = answer.message.tool_calls
            arguments = json.loads(call.function.arguments)
            if call.function.name == "get_weather":
                self.assertTrue(arguments["place"] in ("here", "there") and 1 <= arguments["days"] <= 9, arguments)
            else:
                self.assertEqual((choice, call.function.name, arguments), ("required", "get_time", {}))
        told = [*ASK, answer.message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
        self.assertTrue(self.complete(messages=told, tools=TOOLS).choices[0].message.content)

    def test_what_the_client_got_it_can_send_back(self):
        parsed = self.client.chat.completions.parse(
            model=self.model, messages=ASK, response_format=Reading, max_tokens=64
        ).choices[0].message
        called = self.complete(tools=TOOLS, tool_choice="required", max_tokens=64).choices[0].message
        result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "rain"}
        for said in ([parsed], [called, result], [called.model_dump(), result], [parsed.model_dump()]):
            self.assertTrue(self.complete(messages=[*ASK, *said, *ASK]).choices[0].message.content)

    def test_a_tool_with_parts_that_name_each_other_is_called(self):
        class Place(pydantic.BaseModel):
            name: typing.Literal["here", "there"]

        class Look(pydantic.BaseModel):
            at: Place

        tools = [openai.pydantic_function_tool(Look), *TOOLS]
        (call,) = self.complete(tools=tools, tool_choice="required", max_tokens=64).choices[0].message.tool_calls
        json.loads(call.function.arguments)
        chosen = {"type": "function", "function": {"name": "Look"}}
        (call,) = self.complete(tools=tools, tool_choice=chosen, max_tokens=64).choices[0].message.tool_calls
        self.assertIn(Look.model_validate_json(call.function.arguments).at.name, ("here", "there"))

    def test_a_tool_call_streams_in_one_piece_and_text_stays_text(self):
        chunks = list(self.complete(tools=TOOLS, tool_choice="required", max_tokens=64, stream=True))
        calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
        self.assertEqual((len(calls), calls[0].index, chunks[-1].choices[0].finish_reason), (1, 0, "tool_calls"))
        plain = self.complete(tools=TOOLS, temperature=0).choices[0]
        self.assertTrue(plain.message.content and plain.message.tool_calls is None and plain.finish_reason == "length")

    def test_tools_with_bad_names_are_named(self):
        bad = [{"type": "function", "function": {"name": "two words"}}]
        with self.assertRaises(openai.UnprocessableEntityError) as raised:
            self.complete(tools=bad)
        self.assertEqual(raised.exception.body["param"], "tools.0.function.name")

    def continued(self, prompt="Say hello.", **options):
        return self.client.completions.create(**{"model": self.model, "prompt": prompt, "max_tokens": 8, "temperature": 0, **options})

    def test_text_is_continued_as_it_stands_whole_and_in_pieces(self):
        answer = self.continued()
        self.assertEqual((answer.object, answer.choices[0].finish_reason), ("text_completion", "length"))
        self.assertTrue(answer.choices[0].text)
        self.assertEqual(answer.usage.completion_tokens, 8)
        # A chat template adds to what is said.
        self.assertLess(answer.usage.prompt_tokens, self.complete().usage.prompt_tokens)
        pieces = list(self.continued(stream=True, stream_options={"include_usage": True}))
        text = "".join(choice.text for piece in pieces for choice in piece.choices)
        self.assertEqual((text, pieces[-1].usage.completion_tokens), (answer.choices[0].text, 8))
        self.assertEqual(self.continued(max_tokens=openai.omit).usage.completion_tokens, 16)

    def test_several_prompts_are_continued_in_their_order(self):
        one, other = (self.continued(prompt) for prompt in ("Say hello.", "A lamp is"))
        both = self.continued(["Say hello.", "A lamp is"], n=2)
        texts = [choice.text for choice in both.choices]
        self.assertEqual(texts, [answer.choices[0].text for answer in (one, one, other, other)])
        self.assertEqual(both.usage.prompt_tokens, one.usage.prompt_tokens + other.usage.prompt_tokens)
        tokens = self.continued([5, 6, 7])
        self.assertEqual(tokens.usage.prompt_tokens, 3)
        self.assertEqual(tokens.choices[0].text, self.continued([[5, 6, 7]]).choices[0].text)

    def test_probabilities_of_a_continuation_are_told(self):
        choice = self.continued(logprobs=2).choices[0]
        self.assertEqual("".join(choice.logprobs.tokens), choice.text)
        self.assertEqual((len(choice.logprobs.token_logprobs), len(choice.logprobs.top_logprobs[0])), (8, 2))
        self.assertEqual(choice.logprobs.text_offset[:2], [0, len(choice.logprobs.tokens[0])])

    def test_a_continuation_that_cannot_be_is_refused_by_field(self):
        for field, value in {"echo": True, "suffix": "the end", "best_of": 3}.items():
            with self.assertRaises(openai.BadRequestError) as raised:
                self.continued(**{field: value})
            self.assertEqual(raised.exception.param, field)
        for prompt in ("", [], [[]], [-1]):
            with self.assertRaises(openai.UnprocessableEntityError):
                self.continued(prompt)
        for prompt in ([4_000_000_000], "lamp " * 9000):
            with self.assertRaises(openai.BadRequestError):
                self.continued(prompt)

    def test_texts_are_embedded(self):
        answer = self.client.embeddings.create(model="default", input=["one", "two"])
        self.assertEqual(([item.index for item in answer.data], len(answer.data[0].embedding)), ([0, 1], 32))
        # The client asks for base64 unless it is told otherwise.
        plain = self.client.embeddings.create(model="default", input="one", encoding_format="float")
        for left, right in zip(plain.data[0].embedding, answer.data[0].embedding, strict=True):
            self.assertAlmostEqual(left, right, places=5)
        with self.assertRaises(openai.NotFoundError):
            self.client.embeddings.create(model=self.model, input="one")

    def test_an_unknown_model_a_wrong_token_and_an_overflow_are_told_apart(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.complete(model="gpt-4o")
        self.assertEqual(raised.exception.code, "model_not_found")
        with self.assertRaises(openai.AuthenticationError):
            self.client.with_options(api_key="ll_wrong").models.list()
        with self.assertRaises(openai.BadRequestError) as raised:
            self.complete(messages=[{"role": "user", "content": "hello " * 20_000}])
        self.assertEqual(raised.exception.code, "context_length_exceeded")
        self.assertRegex(raised.exception.message, r"\d+ tokens")

    def test_a_client_that_leaves_frees_its_place(self):
        stream = self.complete(stream=True, max_tokens=3000)
        next(iter(stream))
        stream.close()
        self.node.until_worker_is("ready")

    def test_a_worker_that_dies_in_the_middle_is_an_error_and_the_next_question_works(self):
        stream = iter(self.complete(stream=True, max_tokens=3000))
        next(stream)
        os.kill(self.node.worker()["pid"], signal.SIGKILL)
        with self.assertRaises(openai.APIError) as raised:
            for _ in stream:
                pass
        self.assertIn("ask again", raised.exception.message)
        self.node.until_worker_is("ready")
        self.assertTrue(self.complete().choices[0].message.content)


class WithoutAModel(unittest.TestCase):
    """The documented 503 of a missing worker."""

    def test_the_remedy_is_in_the_message(self):
        with node(model=None) as bare:
            client = openai.OpenAI(base_url=f"{bare.url}/v1", api_key=bare.token, max_retries=0)
            self.assertEqual(client.models.list().data, [])
            with self.assertRaises(openai.InternalServerError) as raised:
                client.chat.completions.create(model="default", messages=ASK)
            self.assertEqual(raised.exception.status_code, 503)
            self.assertIn("models", raised.exception.message)


if __name__ == "__main__":
    unittest.main(verbosity=2)
